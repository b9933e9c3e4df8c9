// Print the characters that strconv.Quote leaves as they are, as JSON: for each Unicode version the code points at which
// printable and other characters take turns, the first of which is printable.
//
// Development only. It makes linter/scclint/platform/printable.json and needs golang.org/x/text for the older version:
//
//	go mod init printable && go get golang.org/x/text@latest && go run printable_characters.go > printable.json
//
// strconv.IsPrint follows Unicode 15.0.0 from Go 1.21 on, and 13.0.0 from Go 1.16 to 1.20.
package main

import (
	"encoding/json"
	"os"
	"strconv"
	"unicode"

	"golang.org/x/text/unicode/rangetable"
)

func main() {
	if unicode.Version != "15.0.0" {
		panic("run this with a Go that has Unicode 15.0.0")
	}
	older := rangetable.Assigned("13.0.0")
	printable := map[string][]int{
		"15.0.0": turns(strconv.IsPrint),
		"13.0.0": turns(func(char rune) bool { return strconv.IsPrint(char) && unicode.Is(older, char) }),
	}
	if err := json.NewEncoder(os.Stdout).Encode(printable); err != nil {
		panic(err)
	}
}

func turns(printable func(rune) bool) []int {
	var found []int
	before := false
	for char := rune(0); char <= unicode.MaxRune+1; char++ {
		now := char <= unicode.MaxRune && printable(char)
		if now != before {
			found = append(found, int(char))
		}
		before = now
	}
	return found
}
