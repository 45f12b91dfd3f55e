package core

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// The length of a password in characters (code points), and in bytes what may be
// typed for the longest one: letters of several parts take up to 16.
const (
	minPassword, maxPassword = 8, 256
	maxTypedPassword         = 16 * maxPassword
)

// password brings a new password of a user to the form that is hashed. It refuses
// what is guessed first (NIST SP 800-63B, section 5.1.1.2).
func (c *Checker) password(path, typed string, of *User) string {
	if len(typed) > maxTypedPassword {
		c.Add(path, "TOO_LONG", fmt.Sprintf("must have at most %d characters", maxPassword), maxPassword)
		return ""
	}
	password, wrong := passwordOf(typed)
	n := utf8.RuneCountInString(password)
	switch {
	case typed == "" || wrong == "" && n < minPassword:
		c.Add(path, "TOO_SHORT", fmt.Sprintf("must have at least %d characters", minPassword), minPassword)
	case wrong != "":
		c.Add(path, "CHARACTERS", wrong, nil)
	case n > maxPassword:
		c.Add(path, "TOO_LONG", fmt.Sprintf("must have at most %d characters", maxPassword), maxPassword)
	case isRun(folded(password)):
		c.Add(path, "REPEATED", "must not be one character again and again, or characters in a row", nil)
	case isOf(password, of):
		c.Add(path, "PERSONAL", "must not be the address or the username", nil)
	case isCommon(password):
		c.Add(path, "COMMON", "is one of the 10,000 most common passwords, which are tried first; choose another, such as some words that do not belong together", nil)
	}
	return password
}

// folded is what of a password does not count when it is compared: case, width and
// spaces around it.
func folded(s string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(strings.TrimSpace(s))))
}

// isRun reports whether a text is aaaaaaaa, 12345678 or hgfedcba.
func isRun(s string) bool {
	runes := []rune(s)
	for i := 2; i < len(runes); i++ {
		if runes[i]-runes[i-1] != runes[1]-runes[0] {
			return false
		}
	}
	return len(runes) < 2 || max(runes[1]-runes[0], runes[0]-runes[1]) <= 1
}

// isOf reports whether a password is what everybody knows of its user.
func isOf(password string, of *User) bool {
	if address, ok := emailOf(strings.TrimSpace(password)); ok && address == of.Email {
		return true
	}
	local, _, _ := strings.Cut(of.Email, "@")
	return slices.Contains([]string{folded(of.Email), folded(local), folded(of.Username)}, folded(password))
}

// commonPasswords are 10,000 lines, in order; web/passwords.js makes the file.
//
//go:embed passwords.gz
var commonPasswords []byte

var commonList = sync.OnceValue(func() []string {
	unpacked, err := gzip.NewReader(bytes.NewReader(commonPasswords))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		panic(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
})

func isCommon(password string) bool {
	_, found := slices.BinarySearch(commonList(), folded(password))
	return found
}
