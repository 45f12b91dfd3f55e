package core

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// What people type differs by keyboard and system where they mean the same. Here a
// name and an address get the one spelling by which accounts are told apart.

// maxEmail bounds an address in bytes (RFC 5321), maxTyped what is brought to its
// spelling: letters may be typed in several parts.
const maxEmail, maxTyped = 254, 1024

// usernameOf is a username as it is stored: the profile UsernameCaseMapped of RFC
// 8265, so that full-width letters are the common ones. What the profile refuses
// comes back as it is, and has no form that a username may have.
func usernameOf(typed string) string {
	typed = strings.TrimSpace(typed)
	if len(typed) > maxTyped {
		return typed
	}
	if name, err := precis.UsernameCaseMapped.String(typed); err == nil {
		return name
	}
	return typed
}

var notInUsername = regexp.MustCompile(`[^a-z0-9_.-]+`)

// UsernameFor makes a username of an address, for an account that was given none.
func UsernameFor(email string) string {
	name, _, _ := strings.Cut(strings.ToLower(email[:min(len(email), maxTyped)]), "@")
	name = strings.Trim(notInUsername.ReplaceAllString(name, "-"), "-._")
	name = strings.TrimRight(name[:min(len(name), 30)], "-._")
	return name + strings.Repeat("0", max(3-len(name), 0))
}

// emailOf is an address as it is stored: in lower case, the part before the @ in
// NFC, the domain as the DNS has it (UTS 46 and RFC 5891: bücher.example is
// xn--bcher-kva.example). It reports whether typed is an address at all.
func emailOf(typed string) (string, bool) {
	if len(typed) > maxTyped || !utf8.ValidString(typed) || strings.ContainsFunc(typed, isUnseen) {
		return "", false
	}
	at := strings.LastIndexByte(typed, '@')
	if at < 0 {
		return "", false
	}
	local, domain := typed[:at], typed[at+1:]
	if isASCII(local) {
		local = strings.ToLower(local)
	} else {
		local = norm.NFC.String(cases.Lower(language.Und).String(local))
	}
	if isASCII(domain) {
		domain = strings.ToLower(domain)
	}
	if !isASCII(domain) || strings.Contains(domain, "xn--") {
		var err error
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", false
		}
	}
	address := local + "@" + domain
	return address, len(address) <= maxEmail && emailForm.MatchString(address)
}

// passwordOf is a password as it is hashed: the profile OpaqueString of RFC 8265,
// which is NFC with spaces of every kind as the common one. It reports what is wrong
// with the one that has no such form.
func passwordOf(typed string) (password, wrong string) {
	if !utf8.ValidString(typed) {
		return "", "must be text in UTF-8"
	}
	if password, err := precis.OpaqueString.String(typed); err == nil {
		return password, ""
	}
	allowed := precis.OpaqueString.Allowed()
	for _, r := range typed {
		if !allowed.Contains(r) && !unicode.IsSpace(r) {
			return "", fmt.Sprintf("must not hold the character %U: not every system types it alike (RFC 8265)", r)
		}
	}
	return "", "must not hold control characters, or joiners and digits where a script does not have them (RFC 8265)"
}

// storedPasswords lists the spellings of which a password's hash may be, the likeliest
// first: as [passwordOf] has it or, for hashes of releases that took it as it was
// typed, just so. For most passwords there is one. None for what is too long.
func storedPasswords(typed string) (list []string) {
	if len(typed) > maxTypedPassword {
		return nil
	}
	password, wrong := passwordOf(typed)
	if wrong == "" && utf8.RuneCountInString(password) <= maxPassword {
		list = append(list, password)
	}
	if typed != password && utf8.RuneCountInString(typed) <= maxPassword {
		list = append(list, typed)
	}
	return list
}

// storedEmails lists how an account of this address may be stored, the likeliest
// first: as [emailOf] has it or, since releases before it only folded case, as it
// was typed or in letters of several parts.
func storedEmails(typed string) []string {
	typed = strings.TrimSpace(typed)
	folded := strings.ToLower(typed)
	address, ok := emailOf(typed)
	if !ok {
		return []string{folded}
	}
	list := []string{address}
	for _, old := range []string{folded, norm.NFD.String(address)} {
		if old != address {
			list = append(list, old)
		}
	}
	return list
}

// isUnseen reports whether a character is one that nobody sees, or reads as another
// one: controls, formats, spaces, unassigned ones, and those that are ignored.
func isUnseen(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Z, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// emailTyped is the form of addresses as people type them.
type emailTyped struct{}

func (emailTyped) MatchString(typed string) bool {
	_, ok := emailOf(typed)
	return ok
}
