// Passkeys: what the browser makes and signs of what the server asks for (WebAuthn).
import { change } from './client'
import { run, type Fault } from './session'

/** canPasskeys reports whether this browser has passkeys, and the page an address that may have some. */
export const canPasskeys = () => typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential

/** refused is what comes of a browser that does not do it, or a person who would not. */
const refused: Fault = { message: '', extensions: { code: 'PASSKEY' } }

const made = async (credential: Promise<Credential | null>): Promise<string | Fault> =>
  credential.then(c => (c ? JSON.stringify((c as PublicKeyCredential).toJSON()) : refused), () => refused)

/** signWithPasskey has a passkey of this site sign what the server asks for. */
export async function signWithPasskey(): Promise<string | Fault> {
  const asked = await run<{ options: string }>('PasskeyRequest')
  if ('message' in asked) return asked
  return made(navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(asked.options)) }))
}

/** addPasskey has the browser make a passkey for whoever is signed in; it returns what failed. */
export async function addPasskey(name: string): Promise<Fault | undefined> {
  const { data, faults } = await change<{ passkeyCreation: { options: string } | null }>('mutation PasskeyCreation { passkeyCreation { options } }', {})
  if (!data?.passkeyCreation) return faults[0] ?? refused
  const credential = await made(navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(data.passkeyCreation.options)) }))
  if (typeof credential !== 'string') return credential
  const added = await change('mutation AddPasskey($input: AddPasskeyInput!) { addPasskey(input: $input) { passkey { id } } }', { input: { name, credential } })
  return added.faults[0]
}
