package main

import (
	"encoding/json"
	"net/http"
)

func init() { register("HW304", sendValues, sendPointers) }

type sentOrder struct {
	ID    int64      `json:"id"`
	Sizes [40]uint16 `json:"sizes"`
	Buyer string     `json:"buyer"`
}

// sentOrders are on the heap whatever is done with them.
var sentOrders = func() (orders []*sentOrder) {
	for id := range int64(300) {
		orders = append(orders, &sentOrder{ID: id, Buyer: "Ada"})
	}
	return orders
}()

func marshalValue(order *sentOrder) ([]byte, error) { return json.Marshal(*order) }

func sendValues(w http.ResponseWriter, r *http.Request) { sendOrders(w, marshalValue) }

func marshalPointer(order *sentOrder) ([]byte, error) { return json.Marshal(order) }

func sendPointers(w http.ResponseWriter, r *http.Request) { sendOrders(w, marshalPointer) }

func sendOrders(w http.ResponseWriter, marshal func(*sentOrder) ([]byte, error)) {
	for _, order := range sentOrders {
		data, err := marshal(order)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Write(data)
	}
}
