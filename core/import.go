package core

import (
	"context"
	"strings"
	"time"
)

// UserImport is an account as another system had it.
type UserImport struct {
	Username    string
	Email       string
	Password    string
	DisplayName *string
	Bio         *string
	Role        Role
	CreatedAt   *time.Time // now when nil
}

// Import stores up to 500 accounts as one write; for the system. A password
// that several of them share is hashed once, for all of them.
func (u *Users) Import(ctx context.Context, list []UserImport) ([]*User, error) {
	if !PrincipalOf(ctx).system {
		return nil, denied(ctx)
	}
	if len(list) == 0 || len(list) > maxBatch {
		return nil, invalidField("list", "RANGE", "must hold 1 to 500 accounts")
	}
	now := Millis(u.now())
	users, ops := make([]*User, len(list)), make([]Op, len(list))
	hashes := map[string]string{}
	for i, d := range list {
		user := &User{Username: strings.ToLower(strings.TrimSpace(d.Username)), Email: foldEmail(d.Email),
			DisplayName: d.DisplayName, Bio: d.Bio, Role: d.Role}
		user.ID, user.Version, user.CreatedAt, user.UpdatedAt = newID(u.spec.Prefix), 1, now, now
		if d.CreatedAt != nil {
			user.CreatedAt = Millis(*d.CreatedAt)
		}
		var check checker
		checkUsername(&check, user.Username)
		checkEmail(&check, user.Email)
		checkPassword(&check, "password", d.Password)
		check.optional("displayName", user.DisplayName, 100)
		check.optional("bio", user.Bio, 2000)
		if rank[user.Role] == 0 {
			check.add("role", "UNKNOWN", "is no role", nil)
		}
		if user.CreatedAt.After(now) {
			check.add("createdAt", "RANGE", "must not lie in the future", nil)
		}
		if err := check.err(); err != nil {
			return nil, err
		}
		if hashes[d.Password] == "" {
			hash, err := u.app.hasher.hash(ctx, d.Password)
			if err != nil {
				return nil, err
			}
			hashes[d.Password] = hash
		}
		user.PasswordHash = hashes[d.Password]
		users[i], ops[i] = user, Op{Kind: OpInsert, Coll: u.spec.Name, Doc: user}
	}
	return users, u.docs.Write(ctx, ops...)
}
