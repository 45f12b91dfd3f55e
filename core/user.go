package core

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// User is somebody with an account. What clients see of it is in
// schema/user.graphqls.
type User struct {
	Head        `bson:",inline"`
	Username    string  `bson:"username"` // see usernameOf
	DisplayName *string `bson:"displayName"`
	Bio         *string `bson:"bio"`
	AvatarID    *string `bson:"avatarId"`
	Role        Role    `bson:"role"`
	Email       string  `bson:"email"` // see emailOf
	// EmailVerifiedAt is when Email has shown to be the user's; nil: it has not.
	EmailVerifiedAt *time.Time `bson:"emailVerifiedAt"`
	SuspendedAt     *time.Time `bson:"suspendedAt"`
	// SecondFactorAt is since when a sign-in asks for a second factor; nil: it does not.
	SecondFactorAt *time.Time `bson:"secondFactorAt"`
	PasswordHash   string     `bson:"passwordHash"` // PHC string, or of another system: see parseHash
	DeviceSeed     string     `bson:"deviceSeed"`   // random; a new one makes every device unknown
	// Vouched counts how often this admin's being there let another one go;
	// see Users.leaveAdmins.
	Vouched int64 `bson:"vouched"`
}

// UserConnection is a page of users.
type UserConnection = Page[User]

// UserEdge is one of its edges.
type UserEdge = Edge[User]

// Users is the service of accounts.
type Users struct {
	*Collection[User]
	app *App
}

// UserDraft is what a new account starts with.
type UserDraft struct {
	Username    string
	Email       string
	Password    string
	DisplayName *string
	// PasswordHash is what another system stored of the password, instead of it; nil: nothing.
	PasswordHash *string
}

// UserPatch is what [Users.Update] changes of a profile.
type UserPatch struct {
	Username    Opt[string]
	DisplayName Opt[*string]
	Bio         Opt[*string]
	AvatarID    Opt[*string]
}

// Viewer is the caller; nil for a visitor, and for an API key that does not read users.
func (u *Users) Viewer(ctx context.Context) (*User, error) {
	p := PrincipalOf(ctx)
	if !p.SignedIn() || !p.scope.holds(u.spec.Type, Read) {
		return nil, nil
	}
	return u.Get(ctx, p.UserID)
}

// ByUsername finds a user by name, however it is typed.
func (u *Users) ByUsername(ctx context.Context, name string) (*User, error) {
	return u.First(ctx, Eq("username", usernameOf(name)))
}

// ByEmail finds a user by address, however it is typed; for those who may read
// addresses.
func (u *Users) ByEmail(ctx context.Context, email string) (user *User, err error) {
	for _, stored := range storedEmails(email) {
		if user, err = u.By(ctx, "email", stored); !Is(err, NotFound) {
			break
		}
	}
	return user, err
}

// HasAdmin reports whether anybody can run the site.
func (u *Users) HasAdmin(ctx context.Context) (bool, error) {
	return exists(ctx, u.docs, u.spec.Name, Eq("role", Admin))
}

// Register makes an account with a role; for the system.
func (u *Users) Register(ctx context.Context, d UserDraft, role Role) (*User, error) {
	if !PrincipalOf(ctx).system {
		return nil, denied(ctx)
	}
	return u.register(ctx, d, role, appoint(role))
}

// register makes an account, together with the other operations, all or none.
func (u *Users) register(ctx context.Context, d UserDraft, role Role, also []Op) (*User, error) {
	user, password, err := newUser(d)
	if err != nil {
		return nil, err
	}
	user.Role = role
	if err := u.taken(ctx, user); err != nil {
		return nil, err
	}
	if user.PasswordHash == "" {
		if user.PasswordHash, err = u.app.hasher.hash(ctx, password); err != nil {
			return nil, err
		}
	}
	if err := u.add(ctx, user, also); err != nil {
		return nil, err
	}
	return user, nil
}

// add stores a new account, together with the other operations, all or none.
func (u *Users) add(ctx context.Context, user *User, also []Op) error {
	err := u.create(ctx, user, also...)
	if Is(err, Conflict) { // somebody else was first
		err = cmp.Or(u.taken(ctx, user), err)
	}
	return err
}

// Check reports what is wrong with a draft, whatever accounts there are.
func (d UserDraft) Check() error {
	_, _, err := newUser(d)
	return err
}

// CheckPassword reports what is wrong with a new password of the user.
func (u *User) CheckPassword(password string) error {
	var check Checker
	check.password("password", password, u)
	return check.Err()
}

// newUser is the account of a draft, without a hash of its password unless that was given.
func newUser(d UserDraft) (user *User, password string, err error) {
	var check Checker
	user = &User{DisplayName: d.DisplayName}
	user.Username = check.username(d.Username)
	user.Email = check.email(d.Email)
	password, user.PasswordHash = check.secret(d.Password, d.PasswordHash, user)
	check.optional("displayName", d.DisplayName, 100)
	return user, password, check.Err()
}

// secret checks what an account is opened by: a password, in its stored form, or its hash.
func (c *Checker) secret(typed string, hashed *string, user *User) (password, hash string) {
	if hashed == nil {
		return c.password("password", typed, user), ""
	}
	if typed != "" {
		c.ExactlyOne([]string{"password", "passwordHash"}, true, true)
	}
	c.passwordHash("passwordHash", *hashed)
	return "", *hashed
}

// taken names every unique field of user that somebody else holds; nil for none.
func (u *Users) taken(ctx context.Context, user *User) error {
	emails := storedEmails(user.Email)
	holders, _, err := u.find(ctx, Query{Filter: Or(Eq("username", user.Username), In("email", emails)), Limit: len(emails) + 1})
	if err != nil || len(holders) == 0 {
		return err
	}
	conflict := accountTaken()
	if slices.ContainsFunc(holders, func(h *User) bool { return h.Username == user.Username }) {
		conflict.Fields = append(conflict.Fields, takenField("username"))
	}
	if slices.ContainsFunc(holders, func(h *User) bool { return slices.Contains(emails, h.Email) }) {
		conflict.Fields = append(conflict.Fields, takenField("email"))
	}
	return conflict
}

// usernameTaken names a username that somebody has.
func (u *Users) usernameTaken(ctx context.Context, name string) error {
	taken, err := exists(ctx, u.docs, u.spec.Name, Eq("username", name))
	if err == nil && taken {
		err = accountTaken(takenField("username"))
	}
	return err
}

func accountTaken(fields ...FieldError) *Error {
	return &Error{Code: Conflict, Message: "This account cannot be made: what it needs is already taken.", Fields: fields}
}

// emailTaken names an address that somebody else than user has.
func (u *Users) emailTaken(ctx context.Context, user *User, address string) error {
	switch holder, err := u.ByEmail(AsSystem(ctx), address); {
	case Is(err, NotFound):
		return nil
	case err != nil:
		return err
	case holder.ID == user.ID: // in another spelling
		return nil
	}
	return &Error{Code: Conflict, Message: "The account cannot have this address.", Fields: []FieldError{takenField("email")}}
}

// setEmail gives the user another address, which has not shown to be theirs.
func (u *User) setEmail(address string) { u.Email, u.EmailVerifiedAt = address, nil }

// UserImport is an account as another system had it.
type UserImport struct {
	Username string
	Email    string
	Password string
	// PasswordHash is what the other system stored of it, instead; nil: nothing.
	PasswordHash *string
	DisplayName  *string
	Bio          *string
	Role         Role
	CreatedAt    *time.Time // now when nil
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
		user := &User{DisplayName: d.DisplayName, Bio: d.Bio, Role: d.Role}
		u.stamp(user)
		if d.CreatedAt != nil {
			user.CreatedAt = Millis(*d.CreatedAt)
		}
		var check Checker
		user.Username = check.username(d.Username)
		user.Email = check.email(d.Email)
		var password string
		password, user.PasswordHash = check.secret(d.Password, d.PasswordHash, user)
		check.optional("displayName", user.DisplayName, 100)
		check.optional("bio", user.Bio, 2000)
		if rank[user.Role] == 0 {
			check.Add("role", "UNKNOWN", "is no role", nil)
		}
		if user.CreatedAt.After(now) {
			check.Add("createdAt", "RANGE", "must not lie in the future", nil)
		}
		if err := check.Err(); err != nil {
			return nil, err
		}
		if user.PasswordHash == "" && hashes[password] == "" {
			hash, err := u.app.hasher.hash(ctx, password)
			if err != nil {
				return nil, err
			}
			hashes[password] = hash
		}
		user.PasswordHash = cmp.Or(user.PasswordHash, hashes[password])
		users[i], ops[i] = user, u.insert(user)
	}
	if slices.ContainsFunc(users, func(u *User) bool { return u.Role == Admin }) {
		ops = append(ops, appoint(Admin)...)
	}
	return users, u.docs.Write(ctx, ops...)
}

// Update changes a profile: the caller's own, or anybody's for an admin.
func (u *Users) Update(ctx context.Context, id string, expected *int64, p UserPatch) (*User, error) {
	return u.update(ctx, id, expected, func(user *User) ([]Op, error) {
		var check Checker
		set(&user.Username, p.Username)
		user.Username = check.username(user.Username)
		set(&user.DisplayName, p.DisplayName)
		check.optional("displayName", user.DisplayName, 100)
		set(&user.Bio, p.Bio)
		check.optional("bio", user.Bio, 2000)
		if p.AvatarID.Set {
			set(&user.AvatarID, p.AvatarID)
			if err := u.app.Assets.checkImage(ctx, &check, "avatarId", user.AvatarID); err != nil {
				return nil, err
			}
		}
		return nil, check.Err()
	})
}

// username brings a name to its stored form.
func (c *Checker) username(typed string) string {
	name := usernameOf(typed)
	if !usernameForm.MatchString(name) {
		c.Add("username", "FORM", "must be 3 to 30 of a-z 0-9 _ . - and begin and end with a letter or digit", nil)
	}
	return name
}

// email brings an address to its stored form.
func (c *Checker) email(typed string) string {
	typed = strings.TrimSpace(typed)
	address, _ := emailOf(typed)
	c.Format("email", typed, Email)
	return address
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
