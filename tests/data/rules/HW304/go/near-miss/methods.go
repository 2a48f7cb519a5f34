package fixtures

import (
	"encoding/json"
	"math/big"
)

// By value its own method is passed over: the address would change the output.
type secret struct {
	User, Key string
	Age       int
}

func (s *secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.User) }

func store(s secret) ([]byte, error) { return json.Marshal(s) }

// So it is where a field does.
type account struct {
	ID, Name string
	Secret   secret
}

func storeAccount(a account) ([]byte, error) { return json.Marshal(a) }

type embedding struct {
	secret
	A, B int
}

func storeEmbedding(e embedding) ([]byte, error) { return json.Marshal(e) }

// What a type of elsewhere does, nobody knows here; that of big.Int has a pointer receiver.
type invoice struct {
	ID, Name string
	Amount   big.Int
}

func storeInvoice(i invoice) ([]byte, error) { return json.Marshal(i) }

// No struct: nothing is copied, or little.
type names []string

func storeNames(n names, counts map[string]int, any_ any) {
	json.Marshal(n)
	json.Marshal(counts)
	json.Marshal(any_)
}

type point struct{ X, Y int8 }

func storePoint(p point) ([]byte, error) { return json.Marshal(p) }

type list[T any] struct {
	First, Last T
	Length      int
}

func storeList(l list[int]) ([]byte, error) { return json.Marshal(l) }

type parcel struct {
	From, To string
	Weight   int
}

type desk struct{ first parcel }

// What has no address cannot be pointed at; what may be on the stack may as well be copied.
func storeParcels(byName map[string]parcel, make func() parcel, d desk) {
	json.Marshal(byName["first"])
	json.Marshal(make())
	json.Marshal(d.first)
}
