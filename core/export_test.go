package core

import (
	"context"
	"maps"
	"math"
	"net/url"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What tests need to see of the inside.

func (a *App) HashRuns() int64 { return a.hasher.runs.Load() }

// HashTyped is the hash of a password as releases before took it: as it is typed.
func (a *App) HashTyped(ctx context.Context, password string) (string, error) {
	return a.hasher.hash(ctx, password)
}

func (a *App) LeaveStale(ctx context.Context) (int, error) { return a.Assets.leaveStale(ctx) }

// Sweep does all that the sweep of files has to do now.
func (a *App) Sweep(ctx context.Context) error {
	for {
		if more, err := a.Assets.sweepOnce(ctx); err != nil || !more {
			return err
		}
	}
}

// ClearDeparted does now what is due for accounts that were deleted.
func (a *App) ClearDeparted(ctx context.Context) error {
	for {
		if more, err := a.Departures.once(ctx); err != nil || !more {
			return err
		}
	}
}

var MakeSlug = makeSlug

var FoldLetters, FoldAny = foldLetters, foldAny

func FoldedLetters() []rune { return slices.Sorted(maps.Keys(foldedLetters())) }

var texts = newMarkdown("https://api.example.org/v1")

func RenderHTML(source string) (string, error) { return texts.render(source, workAllowed(source)) }

// RenderUnbounded renders whatever work it takes.
func RenderUnbounded(source string) (string, error) { return texts.render(source, math.MaxInt) }

// RenderFor renders the text of a document.
func RenderFor(id, source string) (string, error) {
	return texts.html(context.Background(), id, source)
}

// IDsIn lists the ids with a prefix that stand in a text.
func IDsIn(text, prefix string) (ids []string) {
	idsIn(text, prefix, func(id string) { ids = append(ids, id) })
	return ids
}

var EmailOf, StoredPasswords = emailOf, storedPasswords

// DecodeCursor reads a cursor of a list in this order and writes it again.
func DecodeCursor(s Spec, by []Order, cursor string) (values []any, again string, err error) {
	fields := map[string]Field{"_id": {Name: "_id"}}
	for _, f := range s.Fields {
		fields[f.Name] = f
	}
	o := cursorOrder{coll: s.Name, keys: by}
	if values, err = o.decode(cursor, fields); err != nil {
		return nil, "", err
	}
	return values, o.encodeValues(values), nil
}

// The queries that core itself asks all the time.
var DueSlug, StaleUploads, Outbox = dueSlug, staleUploads, outbox

// EncodeCursor is where a document stands in a list in this order.
func EncodeCursor(s Spec, by []Order, doc Node) string {
	return cursorOrder{coll: s.Name, keys: by}.encode(doc)
}

// SignAccess makes an access token of any claims with the server's own key.
func (a *App) SignAccess(claims jwt.Claims) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(a.keys.access)
}

// SignURL makes the query of a signed address.
func (a *App) SignURL(purpose, id string, expires time.Time) url.Values {
	return a.Assets.sign(purpose, id, expires)
}

// Names are the fields that a filter names, those that were simplified away among
// them.
func Names(f Filter) map[string]bool {
	names := map[string]bool{}
	f.names(func(name string) { names[name] = true })
	return names
}

// Turns is the line of writers of each document.
type Turns struct{ turns turns }

const MaxWaiting = maxWaiting

func (t *Turns) Take(ctx context.Context, key string, run func(context.Context) error) error {
	return t.turns.do(ctx, key, func(error) bool { return false }, run)
}

// Waiting counts those who wait for key.
func (t *Turns) Waiting(key string) int {
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	if l := t.turns.lines[key]; l != nil {
		return len(l.waiting)
	}
	return 0
}

// Lines counts the keys that somebody has the turn of.
func (t *Turns) Lines() int {
	t.turns.mu.Lock()
	defer t.turns.mu.Unlock()
	return len(t.turns.lines)
}

// Password checks a new password of nobody.
func (c *Checker) Password(typed string) string { return c.password("password", typed, &User{}) }

// IsSVG is how an SVG is told.
var IsSVG = isSVG

// GuessKeys are the keys by which wrong passwords are counted.
func (a *App) GuessKeys() (keys []string) {
	for _, log := range a.Sessions.guesses.of.Values() {
		for _, g := range log {
			keys = append(keys, g.account, g.source, g.block)
		}
	}
	return append(keys, a.Sessions.guesses.of.Keys()...)
}

// LookForMail has the outbox looked at now.
func (a *App) LookForMail() { a.Mails.wake.ring() }

// MailLease is how long a mail has one sender.
const MailLease = mailLease

// MaxAsked is how many requests for a new password are worked on at once.
const MaxAsked = maxAsked

// Asked counts those that are worked on now.
func (a *App) Asked() int { return len(a.Recovery.asked) }

// UnusedResets is what core asks for a user who has forgotten the password.
func UnusedResets(userID string, now time.Time) Query {
	return unusedChallenges(userID, resetsPassword, now)
}

// MaxAPIKeys is how many API keys may be good that act as one user.
const MaxAPIKeys = maxAPIKeys

// CheckHash reports whether a hash of another system can be verified.
func CheckHash(hash string) error {
	_, err := parseHash(hash)
	return err
}
