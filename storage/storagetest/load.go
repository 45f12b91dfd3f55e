package storagetest

import (
	"os"
	"strconv"
	"testing"
)

// Load is how many operations a test mixes that shows what outages leave behind:
// GRAPNEL_TEST_FILES, or few.
func Load(t testing.TB, few int64) int64 {
	n, err := strconv.ParseInt(os.Getenv("GRAPNEL_TEST_FILES"), 10, 64) //nolint:forbidigo // a setting of tests
	if err != nil {
		n = few
	}
	t.Logf("%d uploads and deletes", n)
	return n
}
