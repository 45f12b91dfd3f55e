package serve

// What tests need to see of the inside.

var AskTwice = askTwice
