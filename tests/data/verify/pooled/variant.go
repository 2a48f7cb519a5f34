package main

const defaultVariant = "marshal"
