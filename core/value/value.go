// Package value holds the values of stored fields that Go has no types for:
// decimal numbers, calendar days, and JSON of any form. All are plain values: they
// can be copied, compared with ==, and their zero value is one of them, except that
// JSON has none.
package value
