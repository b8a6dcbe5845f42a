import Fleet
import Testing

@Suite struct PrintableTests {
    @Test(arguments: [
        ("plain Ümläut 漢字\n\ttab", "plain Ümläut 漢字\n\ttab"), ("\u{1b}[2J\u{7}", #"\e[2J\u{7}"#),
        ("a\r\nb", "a\\r\nb"), ("\u{9b}31m\0\u{7f}", #"\u{9b}31m\0\u{7f}"#), ("x\u{202e}y", #"x\u{202e}y"#),
    ])
    func escapesWhatSteersATerminal(_ text: String, _ shown: String) {
        #expect(text.printable == shown)
    }

    @Test func aLineStaysALine() {
        #expect("a\nb\tc".printableLine == #"a\nb\tc"#)
        #expect("abc".printableLine == "abc")
    }
}
