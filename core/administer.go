package core

import (
	"context"
	"crypto/rand"
	"strings"
)

// What administrators do with the accounts of others.

// administers refuses whoever is no administrator, and API keys without verb on a type.
func administers(ctx context.Context, typ string, verb Verb) error {
	if p := PrincipalOf(ctx); !p.system && (p.Role != Admin || !p.scope.holds(typ, verb)) {
		return denied(ctx)
	}
	return nil
}

// Create makes an account for somebody else; for admins.
func (u *Users) Create(ctx context.Context, d UserDraft, role Role) (*User, error) {
	if err := administers(ctx, u.spec.Type, Create); err != nil {
		return nil, err
	}
	if role == Admin {
		if err := u.app.Sessions.stepUp(ctx); err != nil {
			return nil, err
		}
	}
	return u.register(AsSystem(ctx), d, role, appoint(role))
}

// SetPassword gives a user a new password and ends their sessions; for admins. Their own
// they change by [Sessions.ChangePassword], which asks for the present one.
func (u *Users) SetPassword(ctx context.Context, id string, expected *int64, password string) (*User, error) {
	if err := administers(ctx, u.spec.Type, Update); err != nil {
		return nil, err
	}
	if PrincipalOf(ctx).KeyID != "" {
		return nil, notByKey()
	}
	if id == PrincipalOf(ctx).UserID {
		return nil, Errorf(Forbidden, "This is your own account: change its password with the present one.")
	}
	if err := u.app.Sessions.stepUp(ctx); err != nil {
		return nil, err
	}
	user, err := u.current(ctx, id, Update, expected)
	if err != nil {
		return nil, err
	}
	var check Checker
	password = check.password("password", password, user)
	if err := check.Err(); err != nil {
		return nil, err
	}
	hash, err := u.app.hasher.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	defer u.app.Mails.wake.ring()
	return u.administer(ctx, id, expected, func(user *User) ([]Op, error) {
		user.PasswordHash = hash
		told, err := u.app.Mails.to(ctx, user, "password-changed")
		return append(u.signOut(user), told), err
	})
}

// EndSessions signs a user out everywhere; for admins.
func (u *Users) EndSessions(ctx context.Context, id string, expected *int64) (*User, error) {
	return u.administer(ctx, id, expected, func(user *User) ([]Op, error) { return u.signOut(user), nil })
}

// signOut ends the sessions of a user and makes their devices unknown.
func (u *Users) signOut(user *User) []Op {
	user.DeviceSeed = rand.Text()
	return []Op{u.app.Sessions.endAll(user.ID)}
}

// RandomPassword is a password to be told once: 100 bits, in groups that people can type.
func RandomPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:5], text[5:10], text[10:15], text[15:20]}, "-")
}

// SetRole gives a user a role; for admins.
func (u *Users) SetRole(ctx context.Context, id string, expected *int64, role Role) (*User, error) {
	if err := administers(ctx, u.spec.Type, Update); err != nil {
		return nil, err
	}
	if err := u.app.Sessions.stepUp(ctx); err != nil {
		return nil, err
	}
	return u.administer(ctx, id, expected, func(user *User) ([]Op, error) {
		if user.Role == role {
			return nil, nil
		}
		also, err := appoint(role), error(nil)
		if user.Role == Admin && user.SuspendedAt == nil {
			also, err = u.leaveAdmins(ctx, user)
		}
		user.Role = role
		return also, err
	})
}

// Suspend ends a user's sessions and refuses new ones; for admins.
func (u *Users) Suspend(ctx context.Context, id string, expected *int64) (*User, error) {
	return u.administer(ctx, id, expected, func(user *User) ([]Op, error) {
		if user.SuspendedAt != nil {
			return nil, nil
		}
		also := u.signOut(user)
		if user.Role == Admin {
			vouch, err := u.leaveAdmins(ctx, user)
			if err != nil {
				return nil, err
			}
			also = append(also, vouch...)
		}
		now := Millis(u.now())
		user.SuspendedAt = &now
		return also, nil
	})
}

// Unsuspend lets a suspended user sign in again; for admins.
func (u *Users) Unsuspend(ctx context.Context, id string, expected *int64) (*User, error) {
	return u.administer(ctx, id, expected, func(user *User) ([]Op, error) {
		user.SuspendedAt = nil
		return nil, nil
	})
}

func (u *Users) administer(ctx context.Context, id string, expected *int64, change func(*User) ([]Op, error)) (*User, error) {
	if err := administers(ctx, u.spec.Type, Update); err != nil {
		return nil, err
	}
	user, err := u.update(ctx, id, expected, change)
	if err == nil {
		u.app.Sessions.forget(id)
	}
	return user, err
}

// leaveAdmins lets user stop being an active admin while another one is there
// to vouch for it: the write touches that other admin, so that two who demote
// each other at once cannot both succeed.
func (u *Users) leaveAdmins(ctx context.Context, user *User) ([]Op, error) {
	active := And(Eq("role", Admin), Eq("suspendedAt", nil))
	other, err := u.First(AsSystem(ctx), And(active, Ne("_id", user.ID)))
	if Is(err, NotFound) {
		return nil, Errorf(Forbidden, "This is the last active admin; make another one first.")
	}
	if err != nil {
		return nil, err
	}
	return []Op{{Kind: OpUpdate, Coll: u.spec.Name, Filter: And(Eq("_id", other.ID), active), Patch: Patch{Inc("vouched", 1)}}}, nil
}
