package core

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/mileusna/useragent"
)

// What people see of their sessions.

// maxSessions is how many of a user's sessions are shown, and how many are looked
// through for them.
const maxSessions, sessionsSought = 100, maxBatch

// used notes who uses the session.
func (s *Session) used(c Client) { s.UserAgent, s.Address = c.UserAgent, c.Address }

// Browser is the name of what is signed in, such as Firefox; nil when it does not say.
func (s *Session) Browser() *string { return named(useragent.Parse(s.UserAgent).Name) }

// System is what that runs on, such as Windows; nil when it does not say.
func (s *Session) System() *string { return named(useragent.Parse(s.UserAgent).OS) }

// LastUsedAt is when its tokens were last replaced, which they are every few minutes.
func (s *Session) LastUsedAt() time.Time { return s.RotatedAt }

// Current reports whether the caller is signed in by it.
func (s *Session) Current(ctx context.Context) bool { return s.ID == PrincipalOf(ctx).SessionID }

func named(name string) *string {
	if name == "" {
		return nil
	}
	return &name
}

// Of is the sessions of a user, those that were used last first, up to maxSessions; nil
// for a caller who is neither that user nor an administrator, and for API keys.
func (s *Sessions) Of(ctx context.Context, user *User) ([]*Session, error) {
	if !sees(ctx, user) {
		return nil, nil
	}
	now := Millis(s.docs.now())
	list, _, err := s.docs.find(AsSystem(ctx), Query{Filter: And(Eq("userId", user.ID), Gt("expiresAt", now)), Limit: sessionsSought})
	slices.SortFunc(list, func(a, b *Session) int { return cmp.Or(b.RotatedAt.Compare(a.RotatedAt), cmp.Compare(a.ID, b.ID)) })
	return list[:min(len(list), maxSessions)], err
}

// sees reports whether the caller may read what only a user and administrators do, in person.
func sees(ctx context.Context, user *User) bool {
	p := PrincipalOf(ctx)
	if user.own != nil {
		p = *user.own
	}
	return p.KeyID == "" && (p.UserID == user.ID || p.Role == Admin)
}

// Revoke ends a session of the caller, or anybody's for an administrator.
func (s *Sessions) Revoke(ctx context.Context, id string) error {
	p, err := inPerson(ctx)
	if err != nil {
		return err
	}
	session, err := s.docs.Get(AsSystem(ctx), id)
	if err == nil && session.UserID != p.UserID && p.Role != Admin {
		err = s.docs.notFound()
	}
	if err != nil {
		return err
	}
	if err := s.docs.docs.Write(ctx, s.end(id)); err != nil {
		return err
	}
	s.forget(session.UserID)
	return nil
}
