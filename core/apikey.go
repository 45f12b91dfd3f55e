package core

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/big"
	"slices"
	"strings"
	"time"
)

const (
	// An API key is the prefix, random letters and digits, and a checksum of both, so that
	// people, programs that look for secrets, and this server before it asks the store, know
	// one when they see it.
	apiKeyPrefix   = "grapnel_"
	apiKeyRandom   = 30 // of 62 characters each: 178 bits
	apiKeyChecksum = 6  // CRC-32 (IEEE 802.3) to the base of 62
	apiKeyLength   = len(apiKeyPrefix) + apiKeyRandom + apiKeyChecksum
	// apiKeyShown is how much of a key its record shows; what is left has 142 bits.
	apiKeyShown = len(apiKeyPrefix) + 6

	// maxAPIKeys bounds the keys of one user, or of nobody, that are good, and maxAPIKeysKept
	// those that have ended beside them.
	maxAPIKeys, maxAPIKeysKept = 100, 1000
	apiKeyKept                 = 90 * 24 * time.Hour // after its end

	apiKeyUsedEvery = time.Minute // between two notes of its use
	maxAPIKeysNoted = 16          // such notes at one moment
	apiKeyNoteLife  = 10 * time.Second
)

// APIKeyOperation is what an API key may do to the records of its types.
type APIKeyOperation string

// The operations, see the schema.
const (
	MayCreate APIKeyOperation = "CREATE"
	MayRead   APIKeyOperation = "READ"
	MayUpdate APIKeyOperation = "UPDATE"
	MayDelete APIKeyOperation = "DELETE"
)

var verbs = map[APIKeyOperation]Verb{MayCreate: Create, MayRead: Read, MayUpdate: Update, MayDelete: Delete}

// APIKey is what is kept of an API key. What clients see of it is in schema/apikey.graphqls.
type APIKey struct {
	Head        `bson:",inline"`
	Name        string            `bson:"name"`
	Start       string            `bson:"start"`
	Role        Role              `bson:"role"`
	Types       []string          `bson:"types"` // allTypes alone: all
	Operations  []APIKeyOperation `bson:"operations"`
	UserID      *string           `bson:"userId"` // nil: it acts as itself
	CreatedByID *string           `bson:"createdById"`
	ExpiresAt   *time.Time        `bson:"expiresAt"`
	LastUsedAt  *time.Time        `bson:"lastUsedAt"`
	RevokedAt   *time.Time        `bson:"revokedAt"`
	// Hash is the SHA-256 of the key in hexadecimal digits: nobody finds 178 random bits by it.
	Hash string `bson:"hash"`
	// KeptUntil is when the store forgets the key; nil while nothing ends it.
	KeptUntil *time.Time `bson:"keptUntil"`
}

// APIKeyConnection is a page of API keys.
type APIKeyConnection = Page[APIKey]

// APIKeyEdge is one of its edges.
type APIKeyEdge = Edge[APIKey]

// completeAPIKeys adds to the declared spec how a key is found, and when it is forgotten.
func completeAPIKeys(s Spec) Spec {
	s.Fields = append(slices.Clone(s.Fields), Field{Name: "hash", Unique: true}, Field{Name: "expiresAt", Kind: Time}, Field{Name: "lastUsedAt", Kind: Time}, Field{Name: "keptUntil", Kind: Time})
	s.Expires, s.Personal = "keptUntil", "userId"
	return s
}

// APIKeys is the service of API keys.
type APIKeys struct {
	*Collection[APIKey]
	app    *App
	noting chan struct{} // holds one for each use that is being noted
}

// APIKeyDraft is what a new key starts with.
type APIKeyDraft struct {
	Name       string
	Role       Role
	Types      []string
	Operations []APIKeyOperation
	UserID     *string // nil: it acts as itself
	ExpiresAt  *time.Time
}

// Create makes a key that acts as the caller, with at most its role, or any for admins. The
// key itself is told by nothing else.
func (k *APIKeys) Create(ctx context.Context, d APIKeyDraft) (made *APIKey, key string, err error) {
	caller := PrincipalOf(ctx)
	if !caller.system {
		if caller, err = inPerson(ctx); err != nil {
			return nil, "", err
		}
		if err := k.app.Sessions.stepUp(ctx); err != nil {
			return nil, "", err
		}
		made = &APIKey{CreatedByID: &caller.UserID}
	} else {
		made = &APIKey{}
	}
	made.Name, made.Role, made.Types, made.Operations, made.UserID = d.Name, d.Role, d.Types, d.Operations, d.UserID
	if d.ExpiresAt != nil {
		at := Millis(*d.ExpiresAt)
		kept := at.Add(apiKeyKept)
		made.ExpiresAt, made.KeptUntil = &at, &kept
	}
	if !k.may(ctx, Create).Match(made, nil) {
		return nil, "", Errorf(Forbidden, "Only administrators make keys that act as somebody else or as themselves: give your own id as userId.")
	}
	if err := k.check(ctx, caller, made); err != nil {
		return nil, "", err
	}
	key = newAPIKey()
	made.Start, made.Hash = key[:apiKeyShown], hashAPIKey(key)
	err = k.turns.do(ctx, deref(made.UserID), func(error) bool { return false }, func(ctx context.Context) error {
		if err := k.room(ctx, made.UserID); err != nil {
			return err
		}
		return k.create(ctx, made)
	})
	if err != nil {
		return nil, "", err
	}
	return made, key, nil
}

// check reports what is wrong with a new key.
func (k *APIKeys) check(ctx context.Context, caller Principal, key *APIKey) error {
	var check Checker
	check.Text("name", key.Name, 1, 100)
	isHigh := !caller.system && !caller.Role.AtLeast(key.Role)
	switch {
	case rank[key.Role] == 0:
		check.Add("role", "UNKNOWN", "is no role", nil)
	case isHigh:
		check.Add("role", "RANGE", "must be at most your own role", nil)
	}
	check.Items("types", len(key.Types), 1, 100)
	for i, name := range key.Types {
		_, known := k.app.Spec(name)
		known = known && name != "" || name == allTypes && len(key.Types) == 1
		if path := fmt.Sprintf("types.%d", i); !known {
			check.Add(path, "UNKNOWN", "must be a type with records, or * alone", nil)
		} else if slices.Index(key.Types, name) < i {
			check.Add(path, "UNIQUE", "is there already", nil)
		}
	}
	reads := slices.Contains(key.Operations, MayRead)
	check.Items("operations", len(key.Operations), 1, len(verbs))
	for i, op := range key.Operations {
		path := fmt.Sprintf("operations.%d", i)
		switch {
		case verbs[op] == 0:
			check.Add(path, "UNKNOWN", "must be CREATE, READ, UPDATE or DELETE", nil)
		case slices.Index(key.Operations, op) < i:
			check.Add(path, "UNIQUE", "is there already", nil)
		case (op == MayUpdate || op == MayDelete) && !reads:
			check.Add(path, "READ", "needs READ beside it", nil)
		}
	}
	if key.ExpiresAt != nil && !key.ExpiresAt.After(k.now()) {
		check.Add("expiresAt", "RANGE", "must be in the future", nil)
	}
	if key.UserID != nil {
		user, err := k.app.Users.Get(ctx, *key.UserID)
		switch {
		case Is(err, NotFound):
			check.Add("userId", "UNKNOWN", "is no user", nil)
		case err != nil:
			return err
		case rank[key.Role] > 0 && !isHigh && !user.Role.AtLeast(key.Role):
			check.Add("role", "RANGE", "must be at most the role of the user", nil)
		}
	}
	return check.Err()
}

// room refuses one key more for a user, or for nobody, where there are enough.
func (k *APIKeys) room(ctx context.Context, user *string) error {
	all := Eq("userId", nil)
	if user != nil {
		all = Eq("userId", *user)
	}
	good := And(all, Eq("revokedAt", nil), Or(Eq("expiresAt", nil), Gt("expiresAt", Millis(k.now()))))
	for _, bound := range []struct {
		most    int
		where   Filter
		message string
	}{
		{maxAPIKeys, good, "There are %d keys already: revoke one that is used no more."},
		{maxAPIKeysKept, all, "There are %d keys, most of which have ended: they are forgotten after 90 days."},
	} {
		n, err := k.docs.Count(ctx, k.spec.Name, Query{Filter: bound.where, Limit: bound.most})
		if err != nil {
			return err
		}
		if n >= int64(bound.most) {
			return Errorf(Conflict, bound.message, bound.most)
		}
	}
	return nil
}

// Revoke ends a key: of the caller, anybody's for an admin, or the key that calls itself.
func (k *APIKeys) Revoke(ctx context.Context, id string, expected *int64) (*APIKey, error) {
	if p := PrincipalOf(ctx); p.KeyID != "" {
		if p.KeyID != id {
			return nil, notByKey()
		}
		ctx = AsSystem(ctx)
	}
	key, err := k.update(ctx, id, expected, func(key *APIKey) ([]Op, error) {
		if key.RevokedAt == nil {
			now := Millis(k.now())
			kept := now.Add(apiKeyKept)
			key.RevokedAt, key.KeptUntil = &now, &kept
		}
		return nil, nil
	})
	if err == nil {
		k.app.Sessions.principals.Remove(key.Hash)
	}
	return key, err
}

// authenticate is the principal behind a key; UNAUTHENTICATED when it is none, or not good any
// more. What can be none costs no look into the store.
func (k *APIKeys) authenticate(ctx context.Context, key string) (Principal, error) {
	if !isAPIKey(key) {
		return Principal{}, Errorf(Unauthenticated, "This is no API key: a part of it is missing, or wrong.")
	}
	return k.principal(ctx, hashAPIKey(key))
}

// principal is what the key with a hash may do at present: at most a few seconds old.
func (k *APIKeys) principal(ctx context.Context, hash string) (Principal, error) {
	return k.app.Sessions.present(hash, func(now time.Time) (Principal, error) {
		over := Errorf(Unauthenticated, "This API key is unknown, has expired or was revoked, or its user is suspended.")
		ctx := AsSystem(ctx)
		key, err := k.First(ctx, Eq("hash", hash))
		if Is(err, NotFound) {
			return Principal{}, over
		}
		if err != nil {
			return Principal{}, err
		}
		if key.RevokedAt != nil || key.ExpiresAt != nil && !key.ExpiresAt.After(now) {
			return Principal{}, over
		}
		p := Principal{Role: key.Role, KeyID: key.ID, keyHash: hash, scope: newKeyScope(key)}
		if key.UserID != nil {
			user, err := k.app.Users.Get(ctx, *key.UserID)
			if Is(err, NotFound) || err == nil && user.SuspendedAt != nil {
				return Principal{}, over
			}
			if err != nil {
				return Principal{}, err
			}
			p.UserID = user.ID
			if !user.Role.AtLeast(p.Role) {
				p.Role = user.Role
			}
		}
		k.used(ctx, key, Millis(now))
		return p, nil
	})
}

// used notes that a key is used, unless that was just noted: aside, and not at all while too
// many are.
func (k *APIKeys) used(ctx context.Context, key *APIKey, now time.Time) {
	before := now.Add(-apiKeyUsedEvery)
	if key.LastUsedAt != nil && key.LastUsedAt.After(before) {
		return
	}
	select {
	case k.noting <- struct{}{}:
	default:
		return
	}
	begun := k.app.goOn(ctx, apiKeyNoteLife, func(ctx context.Context) {
		defer func() { <-k.noting }()
		err := k.docs.Write(ctx, Op{Kind: OpUpdate, Coll: k.spec.Name, Optional: true,
			Filter: And(Eq("_id", key.ID), Or(Eq("lastUsedAt", nil), Lte("lastUsedAt", before))), Patch: Patch{Set("lastUsedAt", now)}})
		if err != nil {
			k.log.WarnContext(ctx, "the use of an API key is not noted", "key", key.ID, "error", err)
		}
	})
	if !begun {
		<-k.noting
	}
}

// newAPIKey is a new key.
func newAPIKey() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(62), big.NewInt(apiKeyRandom), nil))
	if err != nil {
		panic(err) // it never fails
	}
	head := apiKeyPrefix + base62(n, apiKeyRandom)
	return head + apiKeySum(head)
}

func apiKeySum(head string) string {
	return base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(head)))), apiKeyChecksum)
}

// base62 is n in so many letters and digits.
func base62(n *big.Int, length int) string {
	text := n.Text(62)
	return strings.Repeat("0", length-len(text)) + text
}

// isAPIKey reports whether a text has the form of a key.
func isAPIKey(text string) bool {
	if len(text) != apiKeyLength || !strings.HasPrefix(text, apiKeyPrefix) {
		return false
	}
	sum := apiKeyLength - apiKeyChecksum
	return strings.IndexFunc(text[len(apiKeyPrefix):], func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}) < 0 && apiKeySum(text[:sum]) == text[sum:]
}

// LooksLikeAPIKey reports whether a token means to be an API key, good or not.
func LooksLikeAPIKey(token string) bool { return strings.HasPrefix(token, apiKeyPrefix) }

// HoldsAPIKey reports whether an API key stands somewhere in a text.
func HoldsAPIKey(text string) bool {
	for {
		_, after, found := strings.Cut(text, apiKeyPrefix)
		if !found {
			return false
		}
		if n := apiKeyLength - len(apiKeyPrefix); len(after) >= n && isAPIKey(apiKeyPrefix+after[:n]) {
			return true
		}
		text = after
	}
}

func hashAPIKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// allTypes among the types of a key stands for every one.
const allTypes = "*"

// keyScope is what an API key reaches; the zero keyScope bounds nothing. Being comparable, it
// tells whether rights have changed.
type keyScope struct {
	types string // with a space before and behind each
	verbs Verb
}

func newKeyScope(key *APIKey) (s keyScope) {
	s.types = " " + strings.Join(key.Types, " ") + " "
	for _, op := range key.Operations {
		s.verbs |= verbs[op]
	}
	return s
}

// holds reports whether the scope has verb on the records of a type.
func (s keyScope) holds(typ string, verb Verb) bool {
	if s == (keyScope{}) {
		return true
	}
	named := strings.Contains(s.types, " "+typ+" ") || s.types == " "+allTypes+" "
	return named && s.verbs&verb == verb
}
