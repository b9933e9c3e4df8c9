"""Fixes that are judged before they are shown: propose, prove, apply."""
