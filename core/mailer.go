package core

import (
	"context"
	"errors"
	"time"
)

// Mailer is the port by which mail leaves. Implementations are safe for use by several
// goroutines.
type Mailer interface {
	// Send hands one mail to a mail server, and returns nil once that has taken it over. It
	// ends with ctx, and by itself within [SendLimit]. An error that is [ErrMailRefused] is
	// for good; after any other one the mail should be sent later. After an error the
	// server may have taken the mail all the same.
	Send(ctx context.Context, m Message) error
}

// SendLimit is how long sending one mail may take.
const SendLimit = 30 * time.Second

// ErrMailRefused says that a mail server will never take a mail: its address does not
// exist, or can be none.
var ErrMailRefused = errors.New("the mail server refuses this mail for good")

// Message is a mail as it is sent.
type Message struct {
	ID      string // the same whenever the same mail is sent; letters, digits, - and _
	To      string // one address, without a name
	Subject string
	Text    string
	HTML    string // beside the text; empty: none
	Date    time.Time
}
