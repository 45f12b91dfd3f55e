package oidc

import (
	"crypto/ecdsa"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// secretKey makes the secrets that Apple wants of a client.
type secretKey struct {
	key                          *ecdsa.PrivateKey
	team, kid, client, forIssuer string
	now                          func() time.Time
}

func newSecretKey(cfg Config, issuer string) (*secretKey, error) {
	if cfg.TeamID == "" || cfg.KeyID == "" || len(cfg.PrivateKey) == 0 {
		return nil, errors.New("TEAM_ID, KEY_ID and PRIVATE_KEY_FILE: are needed, in the place of a secret")
	}
	key, err := jwt.ParseECPrivateKeyFromPEM(cfg.PrivateKey)
	if err != nil {
		return nil, errors.New("PRIVATE_KEY_FILE: holds no ECDSA key in PEM, as in AuthKey_….p8")
	}
	return &secretKey{key: key, team: cfg.TeamID, kid: cfg.KeyID, client: cfg.ClientID, forIssuer: issuer, now: cfg.Now}, nil
}

// secret is a new one, good for a few minutes.
func (k *secretKey) secret() (string, error) {
	now := k.now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.RegisteredClaims{
		Issuer: k.team, Subject: k.client, Audience: jwt.ClaimStrings{k.forIssuer},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(5 * time.Minute)),
	})
	token.Header["kid"] = k.kid
	return token.SignedString(k.key)
}
