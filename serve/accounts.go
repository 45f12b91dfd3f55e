package serve

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
)

// accounts are the commands about people, for who has the stores at hand and perhaps
// no account.
type accounts struct {
	users          *core.Users
	factors        *core.Factors
	apiKeys        *core.APIKeys
	stdin          io.Reader
	stdout, stderr io.Writer
}

// createAdmin makes an administrator: a new account, or an existing one.
func (a accounts) createAdmin(ctx context.Context, c config.AdminCreate) error {
	user, err := a.users.ByEmail(ctx, c.Email)
	if core.Is(err, core.NotFound) {
		return a.newAdmin(ctx, c)
	}
	if err != nil {
		return err
	}
	if c.SetPassword || c.PasswordFile != "" {
		if user, err = a.giveNewPassword(ctx, user, c.PasswordFile); err != nil {
			return err
		}
	}
	if user, err = a.users.SetRole(ctx, user.ID, nil, core.Admin); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s (%s) is an administrator now.\n", user.Username, user.Email)
	if user.SuspendedAt != nil {
		fmt.Fprintln(a.stdout, "The account is suspended: see the command user unsuspend.")
	}
	return nil
}

func (a accounts) newAdmin(ctx context.Context, c config.AdminCreate) (err error) {
	draft := core.UserDraft{Username: cmp.Or(c.Username, core.UsernameFor(c.Email)), Email: c.Email}
	draft.Password, err = a.readPassword(c.PasswordFile, func(password string) error {
		draft.Password = password
		return draft.Check()
	})
	if err != nil {
		return err
	}
	user, err := a.users.Register(ctx, draft, core.Admin)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "Made the administrator %s (%s). Sign in with this address and the password.\n", user.Username, user.Email)
	return nil
}

// list prints one line for each account.
func (a accounts) list(ctx context.Context, c config.UserList) error {
	where := core.All
	if c.Role != "" {
		where = core.Eq("role", core.Role(strings.ToUpper(c.Role)))
	}
	return table(ctx, a.stdout, a.users.Collection, where, "EMAIL\tUSERNAME\tROLE\tSINCE\t", func(u *core.User) string {
		state := ""
		if u.SuspendedAt != nil {
			state = "suspended"
		}
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", u.Email, u.Username, strings.ToLower(string(u.Role)), u.CreatedAt.Format(time.DateOnly), state)
	})
}

// table prints one line for each document that where matches, the newest first, in columns that
// tabs separate.
func table[T any](ctx context.Context, w io.Writer, docs *core.Collection[T], where core.Filter, head string, line func(*T) string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, head)
	first := core.MaxPage
	for args := (core.PageArgs{First: &first, Where: where, OrderBy: []core.Order{{Field: "createdAt", Desc: true}}}); ; {
		page, err := docs.Page(ctx, args)
		if err != nil {
			return err
		}
		for _, doc := range page.Nodes() {
			fmt.Fprintln(t, line(doc))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		info := page.PageInfo()
		if !info.HasNextPage {
			return nil
		}
		args.After = info.EndCursor
	}
}

// setPassword gives a user a new password.
func (a accounts) setPassword(ctx context.Context, c config.UserPassword) error {
	return a.change(ctx, c.Account, "has a new password, and is signed out everywhere", func(user *core.User) (*core.User, error) {
		return a.giveNewPassword(ctx, user, c.PasswordFile)
	})
}

func (a accounts) giveNewPassword(ctx context.Context, user *core.User, file string) (*core.User, error) {
	password, err := a.readPassword(file, user.CheckPassword)
	if err != nil {
		return nil, err
	}
	return a.users.SetPassword(ctx, user.ID, nil, password)
}

// suspend lets a user in no more.
func (a accounts) suspend(ctx context.Context, c config.Account) error {
	return a.change(ctx, c, "is suspended, and signed out everywhere", func(user *core.User) (*core.User, error) {
		return a.users.Suspend(ctx, user.ID, nil)
	})
}

// unsuspend lets a suspended user in again.
func (a accounts) unsuspend(ctx context.Context, c config.Account) error {
	return a.change(ctx, c, "may sign in again", func(user *core.User) (*core.User, error) {
		return a.users.Unsuspend(ctx, user.ID, nil)
	})
}

// removeSecondFactor takes away what a user has lost.
func (a accounts) removeSecondFactor(ctx context.Context, c config.Account) error {
	return a.change(ctx, c, "signs in by the password alone, and is signed out everywhere", func(user *core.User) (*core.User, error) {
		return a.factors.Remove(ctx, user.ID, nil)
	})
}

// change does something to a user, and says what is so then.
func (a accounts) change(ctx context.Context, c config.Account, then string, do func(*core.User) (*core.User, error)) error {
	user, err := a.find(ctx, c.Who)
	if err != nil {
		return err
	}
	if user, err = do(user); err == nil {
		fmt.Fprintf(a.stdout, "%s (%s) %s.\n", user.Username, user.Email, then)
	}
	return err
}

// find is the user with an address, or with a username.
func (a accounts) find(ctx context.Context, who string) (user *core.User, err error) {
	if strings.Contains(who, "@") {
		user, err = a.users.ByEmail(ctx, who)
	} else {
		user, err = a.users.ByUsername(ctx, who)
	}
	if core.Is(err, core.NotFound) {
		return nil, fmt.Errorf("nobody has the address or username %q; the command user list prints all accounts", who)
	}
	return user, err
}

// readPassword asks on a terminal, twice; elsewhere it reads one line.
func (a accounts) readPassword(file string, check func(password string) error) (string, error) {
	if file != "" {
		data, err := os.ReadFile(file)
		return strings.TrimRight(string(data), "\r\n"), err
	}
	f, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(a.stdin, 4096)).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			return line, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return "", errors.New("standard input holds no password")
	}
	return askTwice(func(prompt string) (string, error) {
		fmt.Fprint(a.stderr, prompt)
		p, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(a.stderr)
		return string(p), err
	}, check)
}

// askTwice asks for a password, and again when it can be one.
func askTwice(ask func(prompt string) (string, error), check func(password string) error) (string, error) {
	first, err := ask("Password: ")
	if err != nil {
		return "", err
	}
	if err := check(first); err != nil {
		return "", err
	}
	second, err := ask("Again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", fmt.Errorf("the two passwords differ")
	}
	return first, nil
}
