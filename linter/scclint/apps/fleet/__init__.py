"""Judges many targets, such as the repositories of a company, and keeps what it finds as tables in Parquet files."""
