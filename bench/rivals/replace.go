// Go's strings.NewReplacer as a filter, a line at a time, as a logger would use
// it: replace NEEDLES <in >out
package main

import (
	"bufio"
	"os"
	"strings"
)

func main() {
	needles, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var pairs []string
	for _, needle := range strings.Fields(string(needles)) {
		pairs = append(pairs, needle, "***")
	}
	replacer := strings.NewReplacer(pairs...)
	in := bufio.NewReaderSize(os.Stdin, 1<<18)
	out := bufio.NewWriterSize(os.Stdout, 1<<18)
	for {
		line, err := in.ReadString('\n')
		if _, failed := replacer.WriteString(out, line); failed != nil {
			panic(failed)
		}
		if err != nil {
			break
		}
	}
	if err := out.Flush(); err != nil {
		panic(err)
	}
}
