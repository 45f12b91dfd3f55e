// Without a mail server administrators read what was mailed: the server has the token of one.

// mailedLink is the newest of the links in mails to an address, once there are so many.
export const mailedLink = (server, to, many = 1) => mailed(server, to, /http:\S+#(?:reset|verify|signup|invite)=\S+/, many)

// mailedCode is the newest of the codes.
export const mailedCode = (server, to) => mailed(server, to, /^\d{8}$/m, 1)

async function mailed(server, to, pattern, many) {
  for (const end = Date.now() + 30_000; ; await new Promise(done => setTimeout(done, 50))) {
    const { mails } = await server.graphql(
      'query ($to: String!) { mails(where: { to: { eq: $to } }, orderBy: { field: CREATED_AT, direction: DESC }) { nodes { text } } }', { to }, server.token)
    const found = mails.nodes.flatMap(m => m.text?.match(pattern) ?? [])
    if (found.length >= many) return found[0]
    if (Date.now() > end) throw new Error(`${found.length} such mails to ${to}`)
  }
}
