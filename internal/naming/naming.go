// Package naming derives names from names: those that the generator gives to what it
// makes of a type, and those by which people call it.
package naming

import (
	"strings"
	"unicode"

	"github.com/go-openapi/inflect"
)

// Lower is a name with a small first letter: ProductLine, productLine; URLList, urlList.
func Lower(name string) string {
	upper := 0
	for upper < len(name) && name[upper] >= 'A' && name[upper] <= 'Z' {
		upper++
	}
	switch {
	case upper == 0:
		return name
	case upper == 1:
		return strings.ToLower(name[:1]) + name[1:]
	case upper == len(name):
		return strings.ToLower(name)
	}
	return strings.ToLower(name[:upper-1]) + name[upper-1:]
}

// Plural is the plural of a word, or of the last one of several.
func Plural(name string) string { return inflect.Pluralize(name) }

// List is the name of the list of a type, unless it is given another one: Product, products.
func List(typ string) string { return Plural(Lower(typ)) }

// ID is the name by which inputs give the id that a reference holds: maker, makerId.
func ID(field string) string { return field + "Id" }

// IDs is the same for a list of references: photos, photoIds.
func IDs(field string) string { return inflect.Singularize(field) + "Ids" }

// Screaming is a name as the value of an enum: createdAt, CREATED_AT.
func Screaming(name string) string { return strings.ToUpper(split(name, "_")) }

// Words is a name in words: ProductLine, product line.
func Words(name string) string { return strings.ToLower(split(name, " ")) }

// Label is a name as people read it: publishedAt, "Published at"; IN_REVIEW, "In review";
// APIKey, "API key".
func Label(name string) string {
	words := strings.Fields(strings.ReplaceAll(split(name, " "), "_", " "))
	if len(words) == 0 {
		return name
	}
	allUpper := name == strings.ToUpper(name)
	for i, w := range words {
		if allUpper || len(w) == 1 || w != strings.ToUpper(w) {
			words[i] = strings.ToLower(w)
		}
	}
	first := []rune(words[0])
	words[0] = string(unicode.ToUpper(first[0])) + string(first[1:])
	return strings.Join(words, " ")
}

func split(name, between string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteString(between)
		}
		b.WriteRune(r)
	}
	return b.String()
}
