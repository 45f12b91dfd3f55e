/* Generated: what is there twice counts once. */
export const Eight = gql`
  query Eight {
    posts { id }
  }
`
export const Author = gql`fragment Author on User { id, name }`
