package sqlite_test

import (
	"testing"

	"github.com/grapnel/grapnel/internal/draw"
	"github.com/grapnel/grapnel/storage/storagetest"
)

// FuzzFilters holds every filter, order and page to what memory makes of it.
func FuzzFilters(f *testing.F) {
	s := open(f)
	f.Cleanup(func() { s.Close() })
	storagetest.FuzzFilters(f, s, draw.From)
}
