package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// mailLife is how long it is tried to send a mail, and mailKept how long it is kept.
	mailLife = 3 * 24 * time.Hour
	mailKept = 30 * 24 * time.Hour
	// mailLease is how long nobody else sends a mail that somebody sends: see Mails.try.
	mailLease = SendLimit + 15*time.Second
	// mailPause is the pause after the first failure; each is twice the one before.
	mailPause    = 30 * time.Second
	mailPauseMax = time.Hour
	// mailEvery is how often a server looks for mails that it has not written itself.
	mailEvery = 30 * time.Second
	// mailsAtOnce bounds the connections to the mail server.
	mailsAtOnce = 4
	// mailFarewell is how long a mail that is being sent has when the server stops.
	mailFarewell = 5 * time.Second
	// maxFailure is how many bytes are kept of what a mail server says.
	maxFailure = 500
)

// MailState says how far a mail has come.
type MailState string

// The states of a mail, see the schema.
const (
	Waiting MailState = "WAITING"
	Sent    MailState = "SENT"
	Failed  MailState = "FAILED"
)

// Mail is a mail in the outbox. It is written together with what causes it, and worded when
// it is sent, of a template and what stands here; so nothing that opens an account is
// stored.
type Mail struct {
	Head          `bson:",inline"`
	Subject       string     `bson:"subject"`
	To            string     `bson:"to"`
	State         MailState  `bson:"state"`
	Failure       *string    `bson:"failure"`
	Attempts      int64      `bson:"attempts"`
	NextAttemptAt *time.Time `bson:"nextAttemptAt"`
	SentAt        *time.Time `bson:"sentAt"`
	Template      string     `bson:"template"`
	Language      string     `bson:"language"`
	Name          string     `bson:"name"`   // of the receiver
	UserID        string     `bson:"userId"` // who that is
	// ChallengeID is of the secret that it carries, which nobody can make of the id: it is
	// made when the mail is sent. Empty: it carries none.
	ChallengeID string `bson:"challengeId"`
	// ExpiresAt is when the store forgets the mail.
	ExpiresAt time.Time `bson:"expiresAt"`
}

// MailConnection is a page of mails.
type MailConnection = Page[Mail]

// MailEdge is one of its edges.
type MailEdge = Edge[Mail]

// completeMails adds to the declared spec by what the outbox is walked, and whose a mail is.
func completeMails(s Spec) Spec {
	s.Fields = append(slices.Clone(s.Fields), Field{Name: "nextAttemptAt", Kind: Time}, Field{Name: "expiresAt", Kind: Time}, Field{Name: "userId"})
	s.Indexes = append(slices.Clone(s.Indexes), []string{"nextAttemptAt"}, []string{"userId"})
	s.Expires, s.Personal = "expiresAt", "userId"
	return s
}

// Mails is the service of mail: the outbox, and who empties it.
type Mails struct {
	*Collection[Mail]
	app       *App
	mailer    Mailer // nil: the mailbox, see Config.Mailer
	templates *mailTemplates
	printed   bool
	wake      bell // there is a new mail
}

// to is the operation that puts a mail to a user into the outbox, to be written along with
// what causes it. Ring wake when that has been written.
func (m *Mails) to(ctx context.Context, user *User, template string) (Op, error) {
	return m.post(ctx, user, &Mail{To: user.Email, Template: template})
}

// carry is the same for a mail with the secret of a challenge.
func (m *Mails) carry(ctx context.Context, user *User, ch *challenge) (Op, error) {
	_, template, _ := ch.Purpose.terms()
	mail := &Mail{To: ch.Address, Template: template, ChallengeID: ch.ID}
	if user.ID == "" { // nobody's, so it is not kept
		mail.ExpiresAt = ch.ExpiresAt
	}
	return m.post(ctx, user, mail)
}

func (m *Mails) post(ctx context.Context, user *User, mail *Mail) (Op, error) {
	site, err := m.app.siteSettings(ctx)
	if err != nil {
		return Op{}, err
	}
	now := Millis(m.now())
	mail.State, mail.NextAttemptAt, mail.ExpiresAt = Waiting, &now, cmp.Or(mail.ExpiresAt, now.Add(mailKept))
	mail.Language, mail.Name, mail.UserID = m.templates.language(site.Language), shownName(user), user.ID
	m.stamp(mail)
	message, err := m.word(mail, site, "", "") // of which the subject alone is kept
	if err != nil {
		return Op{}, err
	}
	mail.Subject = message.Subject
	return m.insert(mail), nil
}

// compose is the mail as it is sent; errVoid when the secret that it carries is not good
// any more.
func (m *Mails) compose(ctx context.Context, mail *Mail) (Message, error) {
	site, err := m.app.siteSettings(AsSystem(ctx))
	if err != nil {
		return Message{}, err
	}
	var link, code string
	if mail.ChallengeID != "" {
		if link, code, err = m.app.Recovery.challenges.secret(ctx, mail.ChallengeID); err != nil {
			return Message{}, err
		}
	}
	return m.word(mail, site, link, code)
}

// word fills the template of a mail.
func (m *Mails) word(mail *Mail, site siteSettings, link, code string) (Message, error) {
	w, err := m.templates.word(mail.Template, mail.Language, mailData{Site: site.Title, Name: mail.Name, URL: m.app.base, Link: link, Code: code})
	if err != nil {
		return Message{}, fmt.Errorf("core: word the mail %s: %w", mail.Template, err)
	}
	return Message{ID: mail.ID, To: mail.To, Subject: w.Subject, Text: w.Text, HTML: w.HTML, Date: mail.CreatedAt}, nil
}

// Text is what a mail says, for those who may read it where no mail leaves; nil elsewhere, and
// for API keys: it may open an account.
func (m *Mails) Text(ctx context.Context, mail *Mail) (*string, error) {
	if m.mailer != nil || PrincipalOf(ctx).KeyID != "" {
		return nil, nil
	}
	message, err := m.compose(ctx, mail)
	if errors.Is(err, errVoid) {
		return nil, nil
	}
	if err != nil {
		m.app.log.WarnContext(ctx, "a mail cannot be worded any more", "mail", mail.ID, "error", err)
		return nil, nil
	}
	return &message.Text, nil
}

// Try sends a mail that tells nothing but that mail arrives, at once and past the outbox;
// for the system.
func (m *Mails) Try(ctx context.Context, address string) error {
	if !PrincipalOf(ctx).system {
		return denied(ctx)
	}
	if m.mailer == nil {
		return Errorf(Invalid, "There is no mail server: set GRAPNEL_SMTP_URL and GRAPNEL_MAIL_FROM.")
	}
	var check Checker
	mail := &Mail{To: check.email(address), Template: "test"}
	if err := check.Err(); err != nil {
		return err
	}
	site, err := m.app.siteSettings(ctx)
	if err != nil {
		return err
	}
	mail.ID, mail.CreatedAt, mail.Language = newID(m.spec.Prefix), m.now(), m.templates.language(site.Language)
	message, err := m.word(mail, site, "", "")
	if err != nil {
		return err
	}
	return m.mailer.Send(ctx, message)
}

// deliver empties the outbox until ctx ends, beside all other servers.
func (m *Mails) deliver(ctx context.Context) {
	var sending sync.WaitGroup
	defer sending.Wait()
	free := make(chan struct{}, mailsAtOnce)
	said := ""
	for wait := mailEvery; ; {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-time.After(wait):
		}
		due, next, err := m.due(ctx)
		wait = next
		if err != nil && ctx.Err() == nil {
			if err.Error() != said { // once
				m.app.log.WarnContext(ctx, "the outbox", "error", err)
			}
			said = err.Error()
			continue
		}
		said = ""
		for _, mail := range due {
			select {
			case <-ctx.Done():
				return
			case free <- struct{}{}:
			}
			sending.Go(func() {
				m.try(ctx, mail)
				<-free
			})
		}
	}
}

// due is the mails whose time has come, those that wait longest first, and how long until
// there may be more.
func (m *Mails) due(ctx context.Context) (due []*Mail, wait time.Duration, err error) {
	now := Millis(m.now())
	list, _, err := m.find(AsSystem(ctx), outbox())
	if err != nil {
		return nil, mailEvery, err
	}
	for _, mail := range list {
		if after := mail.NextAttemptAt.Sub(now); after > 0 {
			return due, min(after, mailEvery), nil
		}
		due = append(due, mail)
	}
	if len(due) == MaxPage {
		return due, 0, nil
	}
	return due, mailEvery, nil
}

// outbox asks for the mails that are to be sent, those first whose time comes first.
func outbox() Query {
	return Query{Filter: Gt("nextAttemptAt", time.Unix(0, 0).UTC()), Order: []Order{{Field: "nextAttemptAt"}, {Field: "_id"}}, Limit: MaxPage}
}

// try sends a mail, unless another server does. Whoever sends one has put its next attempt
// off first, by a write that only one of them can win: so a mail has one sender at a time,
// and when that is killed, the mail comes due again by itself. A lease of the whole outbox
// would hold up every mail then.
func (m *Mails) try(ctx context.Context, mail *Mail) {
	now := Millis(m.now())
	lease := now.Add(mailLease)
	claimed, err := m.change(ctx, mail, now, func(next *Mail) {
		next.NextAttemptAt = &lease
		next.Attempts++
	})
	if raced(err) {
		return
	}
	if err == nil {
		err = m.settleAttempt(ctx, claimed, m.send(ctx, claimed))
	}
	if err != nil && !raced(err) {
		m.app.log.WarnContext(ctx, "the outbox", "mail", mail.ID, "error", err)
	}
}

// send words a mail and hands it over. It goes on for a moment when ctx has ended: to be
// cut off leaves open whether the mail has gone.
func (m *Mails) send(ctx context.Context, mail *Mail) error {
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), SendLimit)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(mailFarewell, cancel) })()
	message, err := m.compose(sending, mail)
	if err != nil {
		return err
	}
	if m.mailer != nil {
		return m.mailer.Send(sending, message)
	}
	if m.printed {
		m.app.log.InfoContext(ctx, "a mail to "+message.To+"\n\n"+message.Subject+"\n\n"+message.Text)
	}
	return nil
}

// settleAttempt notes what became of an attempt.
func (m *Mails) settleAttempt(ctx context.Context, mail *Mail, failure error) error {
	now := Millis(m.now())
	noted, cancel := aside(ctx)
	defer cancel()
	after, err := m.change(noted, mail, now, func(next *Mail) {
		next.NextAttemptAt = nil
		next.Failure = nil
		if failure == nil {
			next.State, next.SentAt = Sent, &now
			return
		}
		said := shortened(failure.Error())
		next.Failure = &said
		again := now.Add(min(mailPause<<min(mail.Attempts-1, 20), mailPauseMax))
		if errors.Is(failure, ErrMailRefused) || errors.Is(failure, errVoid) || again.After(mail.CreatedAt.Add(mailLife)) {
			next.State = Failed
			return
		}
		next.NextAttemptAt = &again
	})
	if err == nil && after.State == Failed {
		m.app.log.WarnContext(ctx, "a mail was not sent", "mail", mail.ID, "to", mail.To, "attempts", mail.Attempts, "error", failure)
	}
	return err
}

// change stores what edit makes of a mail now, if it is still as it was read; else *NoMatch.
func (m *Mails) change(ctx context.Context, mail *Mail, now time.Time, edit func(next *Mail)) (*Mail, error) {
	next := *mail
	edit(&next)
	next.Version++
	next.UpdatedAt = now
	err := m.docs.Write(ctx, Op{Kind: OpUpdate, Coll: m.spec.Name, Filter: And(Eq("_id", mail.ID), Eq("version", mail.Version)), Patch: diff(mail, &next)})
	return &next, err
}

// shownName is what a user is called in a mail.
func shownName(u *User) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, deref(u.DisplayName))
	if name = strings.Join(strings.Fields(name), " "); name == "" {
		return u.Username
	}
	return name
}

// shortened is a failure as it is kept: one line, of a bounded length.
func shortened(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	if len(text) <= maxFailure {
		return text
	}
	cut := maxFailure
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
