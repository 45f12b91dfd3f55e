package core

import (
	"context"
	"fmt"
	"math"
	"strings"
)

// FileUsage counts the bytes that the files of one user take: the size of each, promised
// ones among them, and what a signed request could bring back of deleted ones. Each
// write that changes one of them changes the sum too. A user who has none is counted
// when it is first asked for.
type FileUsage struct {
	Head  `bson:",inline"`
	Bytes int64 `bson:"bytes"`
}

// usageSpec describes sums, which no schema declares and only the system knows.
func usageSpec() Spec {
	return Spec{Name: "fileUsages", Prefix: "fileusage", Fields: []Field{{Name: "bytes", Kind: Int}}}
}

func usageID(user string) string { return "fileusage_" + strings.TrimPrefix(user, "user_") }

// quota keeps the sums, and users to the limit. Administrators are counted, but not
// limited: the limit is for strangers, and they run the site.
type quota struct {
	docs   *Collection[FileUsage]
	assets *Collection[Asset]
	left   *Collection[Leftover]
	limit  int64 // bytes of a user; 0: none
	turns  turns // of those who would count the files of one user
}

// of is how much the files of a user take: the sum that is kept, which is made once.
func (q *quota) of(ctx context.Context, user string) (int64, error) {
	ctx = AsSystem(ctx)
	usage, err := q.docs.Get(ctx, usageID(user))
	if Is(err, NotFound) {
		made := func(err error) bool { return isTaken(err, "_id") } // by another process
		err = q.turns.do(ctx, usageID(user), made, func(ctx context.Context) (err error) {
			if usage, err = q.docs.Get(ctx, usageID(user)); Is(err, NotFound) {
				usage, err = q.make(ctx, user)
			}
			return err
		})
	}
	if err != nil {
		return 0, err
	}
	return usage.Bytes, nil
}

// make counts the files of a user and keeps the sum. Since whoever writes files has a
// sum before, none was written meanwhile when it is the first that is kept.
func (q *quota) make(ctx context.Context, user string) (*FileUsage, error) {
	n, err := q.count(context.WithValue(ctx, readingKey{}, (*Reading)(nil)), user) // not what the caller asked for
	if err != nil {
		return nil, err
	}
	now := Millis(q.docs.now())
	usage := &FileUsage{Head: Head{ID: usageID(user), Version: 1, CreatedAt: now, UpdatedAt: now}, Bytes: n}
	return usage, q.docs.docs.Write(ctx, q.docs.insert(usage))
}

// count adds up what the records of files say.
func (q *quota) count(ctx context.Context, user string) (n int64, err error) {
	ctx = AsSystem(ctx)
	if err := eachOwned(ctx, q.assets, "ownerId", user, func(a *Asset) error { n += a.Size; return nil }); err != nil {
		return 0, err
	}
	return n, eachOwned(ctx, q.left, "ownerId", user, func(l *Leftover) error { n += l.Held; return nil })
}

// StorageUsage is how much the files of a user take of what they may.
type StorageUsage struct {
	Used  int64
	Limit *int64 // nil: none
}

// Usage is how much the files of the caller take; nil for a visitor, and for an API key that
// does not read files.
func (a *Assets) Usage(ctx context.Context) (*StorageUsage, error) {
	caller := PrincipalOf(ctx)
	if !caller.SignedIn() || !caller.scope.holds(a.spec.Type, Read) {
		return nil, nil
	}
	used, err := a.quota.of(ctx, caller.UserID)
	usage := &StorageUsage{Used: used}
	if !a.quota.exempts(caller) {
		usage.Limit = &a.quota.limit
	}
	return usage, err
}

// room is for how many bytes more the caller may upload that count for a user, beside
// others that go; TOO_LARGE when for none.
func (q *quota) room(ctx context.Context, user string, going int64) (int64, error) {
	if q.exempts(PrincipalOf(ctx)) {
		return math.MaxInt64, nil
	}
	used, err := q.of(ctx, user)
	room := q.limit - used + going
	if err == nil && room <= 0 {
		err = q.exceeded(used)
	}
	return room, err
}

func (q *quota) exempts(p Principal) bool {
	return q.limit == 0 || p.system || p.Role == Admin
}

// claim is the operation that counts n bytes more for a user, who asks for them, or
// less. It matches nothing once they would be too many.
func (q *quota) claim(ctx context.Context, user string, n int64) ([]Op, error) {
	return q.add(ctx, user, n, n > 0 && !q.exempts(PrincipalOf(ctx)))
}

// settle is claim for what is so, whatever the limit.
func (q *quota) settle(ctx context.Context, user string, n int64) ([]Op, error) {
	return q.add(ctx, user, n, false)
}

func (q *quota) add(ctx context.Context, user string, n int64, bounded bool) ([]Op, error) {
	if user == "" {
		return nil, nil
	}
	used, err := q.of(ctx, user)
	switch {
	case err != nil:
		return nil, err
	case bounded && used+n > q.limit:
		return nil, q.exceeded(used)
	case n == 0:
		return nil, nil
	}
	op := Op{Kind: OpUpdate, Coll: q.docs.spec.Name, Filter: Eq("_id", usageID(user)), Patch: Patch{Inc("bytes", n)}, Optional: !bounded}
	if bounded {
		op.Filter = And(op.Filter, Lte("bytes", q.limit-n))
	}
	return []Op{op}, nil
}

// exceeded is the error for a file that has no place beside those that there are.
func (q *quota) exceeded(used int64) error {
	return &Error{Code: TooLarge,
		Message: fmt.Sprintf("Your files may take %d bytes together, and take %d already: this one does not fit. Delete files that you no longer need, or ask whoever runs the server for more room.", q.limit, used),
		Fields:  []FieldError{{Path: "file", Code: "QUOTA", Message: "does not fit beside your other files", Limit: q.limit}}}
}
