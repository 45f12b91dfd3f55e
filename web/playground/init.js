// Starts Altair on the server that this page came from. The page carries no
// credentials: signing in sets httpOnly cookies of the same origin, which the
// browser sends along, over HTTP and for subscriptions alike.

const http = new URL('../graphql', document.baseURI)
const socket = new URL(http)
socket.protocol = http.protocol === 'https:' ? 'wss:' : 'ws:'

// The server asks for this header wherever a form of a foreign site must not
// get through: uploads, and whatever a cookie session does.
const headers = { 'GraphQL-Require-Preflight': '1' }

const tab = (initialName, initialQuery, variables) => ({
  initialName,
  initialQuery,
  initialVariables: variables ? JSON.stringify(variables, null, 2) : '',
  initialHeaders: headers,
  endpointURL: http.href,
  subscriptionsEndpoint: socket.href,
  initialSubscriptionRequestHandlerId: 'graphql-ws',
})

const tabs = [
  tab(
    '1 Sign in',
    `# Make an account. The session is kept in cookies, so the other tabs know you.
mutation SignUp {
  signUp(input: {
    username: "grace"
    email: "grace@example.org"
    password: "correct horse battery"
    transport: COOKIE
  }) {
    viewer { id username role }
  }
}

# Next time:
mutation SignIn {
  signIn(input: {
    email: "grace@example.org"
    password: "correct horse battery"
    transport: COOKIE
  }) {
    viewer { id username role }
  }
}

query WhoAmI {
  viewer { id username email role }
}
`,
  ),
  tab(
    '2 Upload',
    `# Open Variables, at the bottom: "Add files", name the file \`file\`, select one, send.
# The id that comes back is for updatePost(input: { id: ..., coverId: ... }).
mutation Upload($file: Upload!) {
  uploadAsset(input: { file: $file, alt: "What the picture shows" }) {
    asset { id url contentType size width height }
  }
}
`,
  ),
  tab(
    '3 Write',
    `# Authors write posts, and whoever signs up is a MEMBER. Make yourself an
# administrator, in a terminal, and put her password under Variables, at the bottom:
#   go run . admin create --email ada@example.org
mutation SignInAsAdmin($password: String!) {
  signIn(input: {
    email: "ada@example.org"
    password: $password
    transport: COOKIE
  }) {
    viewer { username role }
  }
}

# Or let her make another user an author: users { nodes { id username } } tells the id.
mutation MakeAuthor($user: ID!) {
  setUserRole(input: { id: $user, role: AUTHOR }) {
    user { username role }
  }
}

mutation CreatePost {
  createPost(input: {
    title: "Hello, world"
    body: "The **first** post."
    tags: ["news"]
  }) {
    post { id title status }
  }
}

# Put the id of the post under Variables.
mutation PublishPost($id: ID!) {
  publishPost(input: { id: $id }) {
    post { id slug status publishedAt }
  }
}
`,
    { password: '', user: 'user_', id: 'post_' },
  ),
  tab(
    '4 Read',
    `query NewestPosts {
  posts(first: 10, where: { status: { eq: PUBLISHED } }) {
    nodes {
      id
      title
      slug
      publishedAt
      author { username displayName }
      cover { url alt width height }
    }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
`,
  ),
  tab(
    '5 Follow',
    `# Send this, then publish a post in another tab or client.
subscription PostChanged {
  postChanged {
    kind
    changedId
    post { title status author { username } }
  }
}
`,
  ),
]

const quiet = { 'banners.disable': true, 'alert.disableUpdateNotification': true }

AltairGraphQL.init({
  endpointURL: http.href,
  subscriptionsEndpoint: socket.href,
  initialSubscriptionRequestHandlerId: 'graphql-ws',
  initialHeaders: headers,
  initialWindows: tabs,
  initialSettings: { theme: 'system', ...quiet },
  persistedSettings: quiet,
  instanceStorageNamespace: 'grapnel_',
  disableAccount: true,
})

// Altair leaves two things to the user: it shows the last of the new tabs, and
// loads the schema of a tab (documentation, completion) at the press of a button.
const visited = 'grapnel_visited'
const ready = new WeakSet()

const assist = () => {
  const names = document.querySelectorAll('.window-switcher__input')
  if (names.length === tabs.length && !localStorage.getItem(visited)) {
    localStorage.setItem(visited, 'yes')
    names[0].click()
  }
  for (const button of document.querySelectorAll('[track-id="reload_docs"]')) {
    if (ready.has(button)) continue
    ready.add(button)
    button.click()
  }
}

new MutationObserver(assist).observe(document.querySelector('app-root'), { childList: true, subtree: true })
