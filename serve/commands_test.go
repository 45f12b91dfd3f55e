package serve_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/serve"
)

// What is wrong with a password is said before it is typed again.
func TestAskTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, want, failure string }{
		{"correct horse,correct horse", "correct horse", ""},
		{"password", "", "too common"},
		{"correct horse,correct house", "", "differ"},
		{"correct horse", "", "EOF"},
	} {
		typed := strings.Split(c.typed, ",")
		got, err := serve.AskTwice(func(string) (string, error) {
			if len(typed) == 0 {
				return "", errors.New("EOF")
			}
			next := typed[0]
			typed = typed[1:]
			return next, nil
		}, func(password string) error {
			if password == "password" {
				return errors.New("too common")
			}
			return nil
		})
		if got != c.want || (err == nil) != (c.failure == "") || err != nil && !strings.Contains(err.Error(), c.failure) {
			t.Errorf("%s: %q, %v", c.typed, got, err)
		}
	}
}
