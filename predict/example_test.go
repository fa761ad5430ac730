package predict_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/predict"
)

func Example() {
	model, trial, err := predict.Train(context.Background(), shop(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	right := 0
	for _, j := range trial.Judgements {
		if j.Best.Label == j.Label {
			right++
		}
	}
	fmt.Println(right, "of", len(trial.Judgements), "right when held out")
	fmt.Println(model.Predict("Where is the parcel that I ordered?").Label)
	// Output:
	// 48 of 48 right when held out
	// delivery
}

func ExampleModel_Top() {
	model, _, err := predict.Train(context.Background(), shop(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range model.Top("give me back the money for my parcel", 2) {
		fmt.Println(s.Label)
	}
	// Output:
	// refund
	// delivery
}

func ExampleModel_Explain() {
	model, _, err := predict.Train(context.Background(), shop(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range model.Explain("Hello, I forgot the Password again", "password", 2) {
		fmt.Println(w.Word, w.From, w.To, w.Share > 0)
	}
	// Output:
	// forgot 9 15 true
	// Password 20 28 true
}

func ExampleModel_WithThreshold() {
	model, _, err := predict.Train(context.Background(), shop(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	careful, err := model.WithThreshold("refund", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	p := careful.Predict("I want my money back")
	fmt.Printf("%q %s\n", p.Label, p.Best.Label)
	// Output: "" refund
}

func ExampleReadModel() {
	model, _, err := predict.Train(context.Background(), shop(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if _, err := model.WriteTo(&file); err != nil {
		fmt.Println(err)
		return
	}
	again, err := predict.ReadModel(bytes.NewReader(file.Bytes()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(again.Labels())
	_, err = predict.ReadModel(bytes.NewReader(file.Bytes()[:file.Len()-1]))
	fmt.Println(errors.Is(err, predict.ErrDamaged))
	// Output:
	// [delivery password refund]
	// true
}
