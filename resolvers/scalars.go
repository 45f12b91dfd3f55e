package resolvers

import (
	"github.com/grapnel/grapnel/resolvers/scalar"
	"github.com/grapnel/grapnel/resolvers/upload"
)

// Scalars check, by name, the values of the custom scalars that clients send.
func Scalars() map[string]func(v any) error {
	return map[string]func(v any) error{
		"Date":    check(scalar.UnmarshalDate),
		"Decimal": check(scalar.UnmarshalDecimal),
		"Int64":   check(scalar.UnmarshalInt64),
		"JSON":    check(scalar.UnmarshalJSON),
		"Time":    check(scalar.UnmarshalTime),
		"Upload":  check(upload.UnmarshalUpload),
	}
}

func check[T any](unmarshal func(v any) (T, error)) func(v any) error {
	return func(v any) error {
		_, err := unmarshal(v)
		return err
	}
}
