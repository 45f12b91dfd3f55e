import { toFile } from './addresses'

interface Person { username: string, displayName?: string | null, avatar?: { url?: string | null } | null }

export const nameOf = (person: Person) => person.displayName || person.username

// Face is the picture of a person, or the first letter of their name.
export function Face({ of: person, size }: { of: Person, size: number }) {
  const address = person.avatar && toFile(person.avatar)
  return address
    ? <img className="face" src={address} alt="" width={size} height={size} />
    : <span className="face" aria-hidden="true" style={{ width: size, height: size, fontSize: size / 2 }}>{[...nameOf(person)][0]?.toUpperCase()}</span>
}
