gql`query Hidden { nothing }`
