package demo

// PeopleSeed is the seed of the people of every demo.
const PeopleSeed = peopleSeed
