#!/usr/bin/env bash
# github.com/descope/virtualwebauthn v1.0.3, an authenticator for tests of passkeys, and
# github.com/go-webauthn/webauthn v0.18.2, a relying party.
#
# Expected: a relying party takes each passkey that the virtual authenticator makes. Both coordinates
#   of a P-256 key have 32 bytes in COSE: "Leading-zero octets MUST be preserved" (RFC 9053, 7.1.1).
# Found: they are written without leading zeros. Of 128 new keys one has a coordinate that is too
#   short, and the relying party refuses the registration, as it must.
# Why it matters: a test that makes one passkey fails in one of 128 runs, and one that makes 20 in
#   one of seven, with a message about a key that is no good: it looks like a race in the server.
# Seen on 30 November 2026. Needs Go 1.26. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go version
cat >go.mod <<'MOD'
module finding

go 1.26
MOD
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/descope/virtualwebauthn"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

type user struct{}

func (user) WebAuthnID() []byte                         { return []byte("user") }
func (user) WebAuthnName() string                       { return "user" }
func (user) WebAuthnDisplayName() string                { return "user" }
func (user) WebAuthnCredentials() []webauthn.Credential { return nil }

// register has the relying party take a passkey with this key.
func register(party *webauthn.WebAuthn, key virtualwebauthn.Credential) error {
	creation, session, err := party.BeginRegistration(user{})
	if err != nil {
		return err
	}
	text, err := json.Marshal(creation)
	if err != nil {
		return err
	}
	options, err := virtualwebauthn.ParseAttestationOptions(string(text))
	if err != nil {
		return err
	}
	page := virtualwebauthn.RelyingParty{ID: "localhost", Name: "localhost", Origin: "http://localhost"}
	made := virtualwebauthn.CreateAttestationResponse(page, virtualwebauthn.NewAuthenticator(), key, *options)
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(made))
	if err != nil {
		return err
	}
	_, err = party.CreateCredential(user{}, *session, parsed)
	return err
}

func main() {
	party, err := webauthn.New(&webauthn.Config{RPID: "localhost", RPDisplayName: "localhost", RPOrigins: []string{"http://localhost"}})
	if err != nil {
		panic(err)
	}
	const keys, whole = 4000, 77 // bytes of a P-256 key in COSE
	short, refused, taken := 0, 0, 0
	for range keys {
		key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		err := register(party, key)
		switch cut := len(key.Key.AttestationData()) < whole; {
		case cut && err != nil:
			short++
			refused++
		case cut:
			short++
		case err == nil:
			taken++
		default:
			fmt.Println("a whole key is refused:", err)
			os.Exit(1)
		}
	}
	fmt.Printf("of %d keys %d are whole and taken, %d lack a leading zero, of which %d are refused\n", keys, taken, short, refused)
	if short == 0 || refused != short || taken != keys-short {
		fmt.Println("this is not what was seen before")
		os.Exit(1)
	}
}
GO
go get github.com/descope/virtualwebauthn@v1.0.3 github.com/go-webauthn/webauthn@v0.18.2
go run -mod=mod .
