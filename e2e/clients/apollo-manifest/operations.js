// The operations of an app.
import { gql } from '@apollo/client'

const fields = gql`fragment Fields on Post { id title createdAt author { username } }`

export const signUp = gql`mutation SignUp($input: SignUpInput!) { signUp(input: $input) { tokens { accessToken } } }`

export const page = gql`
  query Page($tag: String!) { posts(first: 2, where: { tags: { has: $tag } }) { totalCount edges { cursor node { ...Fields } } } }
  ${fields}
`

export const create = gql`mutation Create($input: CreatePostInput!) { createPost(input: $input) { post { ...Fields } } } ${fields}`

export const upload = gql`mutation Upload($file: Upload!) { uploadAsset(input: { file: $file }) { asset { filename size } } }`

export const changed = gql`
  subscription Changed($tag: String!) { postChanged(where: { tags: { has: $tag } }) { kind post { ...Fields } } }
  ${fields}
`
