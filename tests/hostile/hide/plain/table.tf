# tidied up
