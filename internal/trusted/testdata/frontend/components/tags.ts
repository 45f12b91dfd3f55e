export const one = gql <One<() => void>, Vars> `query One { viewer { ...Author } }`
export const two = gql(`query Two { viewer { ...Author } }`, [card])
export const three = graphql( /* GraphQL */ `query Three { viewer { id } }`)
export const four = /* GraphQL */ `query Four { viewer { id } }`
export const five = /* graphql */
  `subscription Five { postChanged { id ... on Post { title } } }`
export const six = run(graphql`query Six { node(id: "\`\\u0041\${}") { __typename ... on User { posts { body(form: MARKDOWN) } } } }`, `no { graphql }`)
export const html = `<p>${render(gql`query Seven { ... on Query { viewer { id } } ...Root }`)}</p>`
gql`fragment Root on Query { post(slug: "a") { id } }`
client.gql`query Eight { posts { id } }`
