// A sign-in at a provider. This tab keeps a verifier, without which the token that comes back in
// the address is worth nothing (RFC 7636): so nobody plants one, and nobody steals one.
interface Begun { verifier: string, link: boolean }

const kept = 'provider'

// begin keeps a new verifier, and is its challenge.
export async function begin(link: boolean): Promise<string> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)))
  sessionStorage.setItem(kept, JSON.stringify({ verifier, link } satisfies Begun))
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

// begun is what this tab has begun, once.
export function begun(): Begun | undefined {
  const text = sessionStorage.getItem(kept)
  sessionStorage.removeItem(kept)
  return text ? JSON.parse(text) as Begun : undefined
}

function base64url(bytes: Uint8Array) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
}
