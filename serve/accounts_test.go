package serve_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/serve"
)

// Each step is a command, what it reads, and what it says: of errors the message.
func TestAccountCommands(t *testing.T) {
	t.Parallel()
	p, dir := serve.Project{Specs: model.Specs()}, t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, typed, says string }{
		{"user list", "", "EMAIL"},
		{"admin create --email ada@example.org", "correct horse\n", "Made the administrator ada (ada@example.org)."},
		{"admin create --email ADA@example.org", "", "ada (ada@example.org) is an administrator now."},
		{"admin create --email ada@example.org --set-password", "short\n", "!at least 8 characters"},
		{"admin create --email ada@example.org --set-password", "another horse\n", "is an administrator now."},
		{"admin create --email eve@example.org --username eva --password-file " + file, "", "Made the administrator eva"},
		{"user suspend eva", "", "eva (eve@example.org) is suspended"},
		{"user list --role admin", "", "suspended"},
		{"user list --role author", "", "EMAIL"},
		{"user list --role boss", "", "!--role"},
		{"admin create --email eve@example.org", "", "see the command user unsuspend"},
		{"user suspend ada@example.org", "", "!the last active admin"},
		{"user unsuspend eve@example.org", "", "eva (eve@example.org) may sign in again."},
		{"user remove-second-factor eva", "", "eva (eve@example.org) signs in by the password alone"},
		{"user password Eva", "", "!standard input holds no password"},
		{"user password Eva", "eve@example.org\n", "!password"},
		{"user password Eva", "a third horse\n", "has a new password, and is signed out everywhere."},
		{"user password --password-file " + file + " nobody", "", `!nobody has the address or username "nobody"`},
		{"user suspend", "", "!email"},
	} {
		var said, log bytes.Buffer
		err := p.Run(t.Context(), append(strings.Fields(c.args), "--data", dir), strings.NewReader(c.typed), &said, &log)
		want, failed := strings.CutPrefix(c.says, "!")
		got := said.String()
		if err != nil {
			got = err.Error()
		}
		if (err != nil) != failed || !strings.Contains(got, want) {
			t.Errorf("%s: said %q, %v", c.args, said.String(), err)
		}
	}
}

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
