package serve

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
)

// createKey makes an API key and prints it, alone, for scripts.
func (a accounts) createKey(ctx context.Context, c config.KeyCreate) error {
	d := core.APIKeyDraft{Name: c.Name, Role: core.Role(strings.ToUpper(c.Role)), Types: c.Types}
	for _, op := range c.Operations {
		d.Operations = append(d.Operations, core.APIKeyOperation(strings.ToUpper(op)))
	}
	if c.User != "" {
		user, err := a.find(ctx, c.User)
		if err != nil {
			return err
		}
		d.UserID = &user.ID
	}
	if c.Life != 0 {
		end := time.Now().Add(c.Life)
		d.ExpiresAt = &end
	}
	made, key, err := a.apiKeys.Create(ctx, d)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, key)
	fmt.Fprintf(a.stderr, "Made the key %s. It is not shown again.\n", made.ID)
	return nil
}

// listKeys prints one line for each API key.
func (a accounts) listKeys(ctx context.Context) error {
	return table(ctx, a.stdout, a.apiKeys.Collection, core.All, "ID\tNAME\tBEGINS\tROLE\tTYPES\tOPERATIONS\tACTS AS\tLAST USED\t", func(k *core.APIKey) string {
		as, used, state := "itself", "never", ""
		if k.UserID != nil {
			as = *k.UserID
		}
		if k.LastUsedAt != nil {
			used = k.LastUsedAt.Format(time.DateOnly)
		}
		switch {
		case k.RevokedAt != nil:
			state = "revoked"
		case k.ExpiresAt != nil && !k.ExpiresAt.After(time.Now()):
			state = "expired"
		}
		operations := make([]string, len(k.Operations))
		for i, op := range k.Operations {
			operations[i] = strings.ToLower(string(op))
		}
		return strings.Join([]string{k.ID, k.Name, k.Start, strings.ToLower(string(k.Role)), strings.Join(k.Types, ","), strings.Join(operations, ","), as, used, state}, "\t")
	})
}

// revokeKey ends an API key.
func (a accounts) revokeKey(ctx context.Context, c config.KeyRevoke) error {
	key, err := a.apiKeys.Revoke(ctx, c.ID, nil)
	if core.Is(err, core.NotFound) {
		return fmt.Errorf("there is no key %q; the command key list prints all ids", c.ID)
	}
	if err == nil {
		fmt.Fprintf(a.stdout, "%s (%s…) is refused within 5 seconds.\n", key.Name, key.Start)
	}
	return err
}
