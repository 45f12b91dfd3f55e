package value

import (
	"fmt"
	"time"
)

// Date is a day of the calendar, without time and zone, written as RFC 3339 writes
// a full-date: 2026-03-01. Days of the years 0000 to 9999 sort as their texts do.
// The zero value is no day; [Date.Check] tells.
type Date string

// NewDate is a day of the proleptic Gregorian calendar. As with [time.Date], what is
// beyond a month goes over into the next.
func NewDate(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf is the day of a moment, in the moment's own zone.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// ParseDate reads a day; the error is half a sentence that says what fits.
func ParseDate(text string) (Date, error) {
	d := Date(text)
	return d, d.Check()
}

// Check reports whether d is a day: it may have been made of any text.
func (d Date) Check() error {
	if t, err := time.Parse(time.DateOnly, string(d)); err != nil || len(d) != len(time.DateOnly) || t.Year() < 0 {
		return fmt.Errorf("must be a day such as 2026-03-01")
	}
	return nil
}

// Time is the beginning of the day in UTC.
func (d Date) Time() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t
}
