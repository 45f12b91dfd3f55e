package core

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

const (
	// departureLife is how long something may still be written for a user who is gone: by a
	// request that had begun, or by the sweep of files that a signature could bring back.
	departureLife = 2 * signedGrace
)

// AccountContent says what becomes of the records of somebody whose account is deleted.
type AccountContent string

// Records that are kept lead to nobody. Either way those go that nobody but their owner may
// read; what the rules do not let their owner delete stays.
const (
	KeepContent   AccountContent = "KEEP"
	DeleteContent AccountContent = "DELETE"
)

// departure is what is left to do for an account that was deleted. It is written together with
// the deletion, and goes when all is done: so what is cut short goes on, on any server, and
// several that are at it do no harm.
type departure struct {
	Head    `bson:",inline"`
	UserID  string         `bson:"userId"`
	Role    Role           `bson:"role"` // that the user had
	Content AccountContent `bson:"content"`
	Due     time.Time      `bson:"due"` // when to go over all that the user owned
	// Until is when nothing more can be written for the user: then is the last time.
	Until time.Time `bson:"until"`
}

// departureSpec describes them. No type of a schema can have a name with an underscore first.
func departureSpec() Spec {
	return Spec{
		Name: "_departures", Prefix: "_departure",
		Fields:  []Field{{Name: "due", Kind: Time}},
		Indexes: [][]string{{"due"}},
	}
}

// Departures is the service of accounts that are deleted.
type Departures struct {
	docs *Collection[departure]
	app  *App
	wake bell // there is a new one
}

// DeleteAccount deletes the account of the caller, who gives the password or has shown
// within the last 10 minutes who they are, and ends its sessions. What else there is of them goes in the
// background, and a mail tells its owner. FORBIDDEN for the last active administrator. The id of
// the account is returned.
func (d *Departures) DeleteAccount(ctx context.Context, password *string, content AccountContent) (id string, err error) {
	users, sessions := d.app.Users, d.app.Sessions
	caller, err := inPerson(ctx)
	if err != nil {
		return "", err
	}
	user, err := users.current(ctx, caller.UserID, Delete, nil)
	if err == nil {
		err = d.proven(ctx, user, password)
	}
	if err != nil {
		return "", err
	}
	err = users.turns.do(ctx, user.ID, raced, func(ctx context.Context) error {
		now, err := users.current(ctx, user.ID, Delete, nil)
		switch {
		case err != nil:
			return err
		case now.SuspendedAt != nil:
			return denied(ctx)
		case now.PasswordHash != user.PasswordHash:
			return Errorf(Conflict, "The password was changed elsewhere at the same moment.")
		}
		gone := *now
		gone.ID = "" // else the mail would go with what is theirs
		told, err := d.app.Mails.to(AsSystem(ctx), &gone, "account-deleted")
		if err != nil {
			return err
		}
		ops := append(d.begin(now, content), told,
			Op{Kind: OpDelete, Coll: users.spec.Name, Filter: users.exactly(now, users.may(ctx, Delete))}, sessions.endAll(now.ID), d.app.Providers.identities.deleteOf(now.ID))
		if now.Role == Admin {
			vouch, err := users.leaveAdmins(ctx, now)
			if err != nil {
				return err
			}
			ops = append(ops, vouch...)
		}
		return d.docs.docs.Write(ctx, ops...)
	})
	if err != nil {
		return "", err
	}
	sessions.forget(user.ID)
	sessions.guesses.forget(user.ID)
	d.wake.ring()
	d.app.Mails.wake.ring()
	return user.ID, nil
}

// proven refuses a caller who neither knows the password nor has just shown who they are.
func (d *Departures) proven(ctx context.Context, user *User, password *string) error {
	if password != nil {
		return d.app.Sessions.checkPassword(ctx, user, "password", *password)
	}
	_, _, err := d.app.Sessions.fresh(ctx)
	return err
}

// begin is the operations by which the rest is to be done.
func (d *Departures) begin(user *User, content AccountContent) []Op {
	now := Millis(d.docs.now())
	dep := &departure{UserID: user.ID, Role: user.Role, Content: content, Due: now, Until: now.Add(departureLife)}
	d.docs.stamp(dep)
	return []Op{d.docs.insert(dep)}
}

// keep does what is to be done for accounts that were deleted, until ctx ends. It begins late:
// projects set their hooks first.
func (d *Departures) keep(ctx context.Context) {
	d.app.tend(ctx, "what is left of deleted accounts", d.wake, sweepEvery, d.once)
}

// once does what is due for up to a page of accounts, and says whether there may be more.
func (d *Departures) once(ctx context.Context) (more bool, err error) {
	if !d.app.servesAll() {
		return false, nil
	}
	ctx = AsSystem(ctx)
	due, _, err := d.docs.find(ctx, Query{
		Filter: Lte("due", Millis(d.docs.now())), Order: []Order{{Field: "due"}, {Field: "_id"}}, Limit: MaxPage,
	})
	for _, dep := range due {
		failed := d.clear(ctx, dep)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if failed != nil { // others are not to wait behind it
			again := Set("due", Millis(d.docs.now().Add(sweepRetry)))
			err = errors.Join(err, failed, d.docs.docs.Write(ctx, Op{Kind: OpUpdate, Coll: d.docs.spec.Name, Filter: Eq("_id", dep.ID), Patch: Patch{again}, Optional: true}))
		}
	}
	return len(due) == MaxPage, err
}

// clear removes all that there is of a user: records as they have chosen, then the files to
// which nothing leads any more, then what only the system knows.
func (d *Departures) clear(ctx context.Context, dep *departure) error {
	began := d.docs.now() // what is written later is not missed
	isLast := !began.Before(dep.Until)
	var failed error // of one type: the others are not to wait behind it
	names := slices.Sorted(maps.Keys(d.app.specs))
	for _, name := range names {
		c := d.app.types.named(name)
		if c == nil || name == d.app.Assets.spec.Name {
			continue
		}
		failed = errors.Join(failed, c.abandon(ctx, dep, isLast))
	}
	failed = errors.Join(failed, d.app.Assets.abandonUnused(ctx, dep.UserID))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	end := Op{Kind: OpUpdate, Coll: d.docs.spec.Name, Filter: Eq("_id", dep.ID), Patch: Patch{Set("due", dep.Until)}, Optional: true}
	if isLast {
		end.Kind, end.Patch = OpDelete, nil
	}
	ops := []Op{{Kind: OpDelete, Coll: usageSpec().Name, Filter: Eq("_id", usageID(dep.UserID)), Optional: true}}
	if failed == nil {
		ops = append(ops, end)
	}
	for _, name := range names {
		if s := d.app.specs[name]; s.Personal != "" {
			ops = append(ops, Op{Kind: OpDelete, Coll: name, Filter: Eq(s.Personal, dep.UserID), Optional: true})
		}
	}
	return errors.Join(failed, d.docs.docs.Write(ctx, ops...))
}

// servesAll reports whether there is a service for each declared type, which a command does
// not have.
func (a *App) servesAll() bool {
	for name, s := range a.specs {
		if s.Type != "" && a.types.named(name) == nil {
			return false
		}
	}
	return true
}

// abandon deletes what a user who is gone owned, as they have chosen and with the rights that
// they had. What a hook refuses to delete stays, and so does the last time what fails.
func (c *Collection[T]) abandon(ctx context.Context, dep *departure, isLast bool) error {
	keeps := dep.Content == KeepContent
	if keeps && !c.spec.mayBeOwnersAlone() {
		return nil
	}
	owner := WithPrincipal(ctx, Principal{UserID: dep.UserID, Role: dep.Role})
	may := c.may(owner, Delete)
	for _, field := range c.spec.ownerFields() {
		err := eachOwned(ctx, c, field, dep.UserID, func(doc *T) error {
			if !may.Match(doc, c.spec.Search) || keeps && c.spec.isReadBeside(dep.UserID, doc) {
				return nil
			}
			id := headOf(doc).ID
			err := c.removed(owner, id)
			switch {
			case err == nil || Is(err, NotFound) || ctx.Err() != nil:
				return ctx.Err()
			case !isLast && passes(err):
				return err
			}
			c.log.WarnContext(ctx, "a record of a deleted account stays", "record", id, "error", err)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// passes reports whether what has failed may go well later: what is no refusal.
func passes(err error) bool {
	var e *Error
	return !errors.As(err, &e) || e.Code == Unavailable || e.Code == RateLimited
}

// removed deletes a document by the service of its type.
func (c *Collection[T]) removed(ctx context.Context, id string) (err error) {
	defer recovered(&err) // from a hook
	if c.remove != nil {
		return c.remove(ctx, id)
	}
	_, err = c.delete(ctx, id, nil, nil)
	return err
}

// abandonUnused deletes the files of a user to which no record leads.
func (a *Assets) abandonUnused(ctx context.Context, user string) error {
	few := 2 // it may name itself
	return eachOwned(ctx, a.Collection, "ownerId", user, func(asset *Asset) error {
		uses, err := a.UsedBy(ctx, asset, &few)
		if err == nil && len(uses) == 0 {
			if err = a.Delete(ctx, asset.ID, nil); Is(err, NotFound) {
				err = nil
			}
		}
		return err
	})
}

// ownerFields are the fields of a type that say who owns a document.
func (s *Spec) ownerFields() (fields []string) {
	for _, r := range s.Rules {
		if r.Owner != "" && r.Owner != "_id" && !slices.Contains(fields, r.Owner) {
			fields = append(fields, r.Owner)
		}
	}
	return fields
}

// mayBeOwnersAlone reports whether there may be documents of the type that nobody but their
// owners may read.
func (s *Spec) mayBeOwnersAlone() bool {
	return s.audience != nil && slices.Contains(s.audience.values, nobody)
}

// isReadBeside reports whether somebody beside a user may read a document.
func (s *Spec) isReadBeside(user string, doc any) bool {
	return s.audience.of(doc, s.Search) != nobody || slices.ContainsFunc(s.audience.owners, func(field string) bool {
		return And(Ne(field, user), Ne(field, nil)).Match(doc, nil)
	})
}

// eachOwned calls each for all documents whose field holds the user, a page at a time; as the
// system.
func eachOwned[T any](ctx context.Context, c *Collection[T], field, user string, each func(*T) error) error {
	most := MaxPage
	for args := (PageArgs{Where: Eq(field, user), OrderBy: c.spec.ownedOrder(field), First: &most}); ; {
		page, err := c.Page(AsSystem(ctx), args)
		if err != nil {
			return err
		}
		for _, doc := range page.Nodes() {
			if err := each(doc); err != nil {
				return err
			}
		}
		info := page.PageInfo()
		if !info.HasNextPage {
			return nil
		}
		args.After = info.EndCursor
	}
}

// ownedOrder is an order in which an index has the documents of one owner, without "_id"; none
// where only a walk through all documents finds them.
func (s *Spec) ownedOrder(field string) []Order {
	for _, index := range s.Indexes {
		if len(index) > 0 && index[0] == audienceField {
			index = index[1:]
		}
		if len(index) == 0 || index[0] != field || slices.ContainsFunc(index[1:], s.mayBeNull) {
			continue
		}
		order := make([]Order, len(index)-1)
		for i, key := range index[1:] {
			order[i].Field = key
		}
		return order
	}
	return nil
}

// mayBeNull reports whether documents may have no value in a field, so that no order can end
// with it.
func (s *Spec) mayBeNull(field string) bool {
	always := field == "createdAt" || field == "updatedAt" || slices.ContainsFunc(s.Attributes, func(a Attribute) bool { return a.Name == field && a.Required && !a.Array })
	return !always
}
