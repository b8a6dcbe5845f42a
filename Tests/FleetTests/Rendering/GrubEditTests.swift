import Testing

@testable import Fleet

@Suite struct GrubEditTests {
    static let intel: [KernelArgument] = ["intel_iommu=on", "iommu=pt"]

    static func defaults(_ main: String, _ others: [(String, String)] = []) -> GrubDefaults {
        let files =
            [GrubDefaults.File(path: GrubDefaults.mainPath, bytes: Array(main.utf8))]
            + others.map { GrubDefaults.File(path: GrubDefaults.directory + $0.0, bytes: Array($0.1.utf8)) }
        return GrubDefaults(files: files)
    }

    static func text(_ defaults: GrubDefaults?, _ index: Int = 0) -> String? {
        defaults.map { String(decoding: $0.files[index].content.bytes, as: UTF8.self) }
    }

    @Test(arguments: [
        ("double quotes", "A=\"quiet\"", "A=\"quiet intel_iommu=on iommu=pt\""),
        ("single quotes", "A='quiet'\n", "A='quiet intel_iommu=on iommu=pt'\n"),
        ("no quotes", "A=quiet\n", "A=\"quiet intel_iommu=on iommu=pt\"\n"),
        ("nothing", "A=\n", "A=\"intel_iommu=on iommu=pt\"\n"),
        ("empty quotes", "A=\"\" # none\n", "A=\"intel_iommu=on iommu=pt\" # none\n"),
        ("blank at the end", "A=\"quiet \"\n", "A=\"quiet intel_iommu=on iommu=pt\"\n"),
        ("exported", "export A=\"quiet\"\n", "export A=\"quiet intel_iommu=on iommu=pt\"\n"),
        ("escape", "A=a\\ b\n", "A=a\\ b\" intel_iommu=on iommu=pt\"\n"),
        ("mixed quotes", "A=\"quiet\"' splash'\n", "A=\"quiet\"' splash intel_iommu=on iommu=pt'\n"),
        (
            "joined lines", "A=\"quiet \\\n  splash\"\n",
            "A=\"quiet \\\n  splash intel_iommu=on iommu=pt\"\n"
        ),
        ("one is there", "A=\"iommu=pt quiet\"\n", "A=\"iommu=pt quiet intel_iommu=on\"\n"),
        ("among options", "A=\"intel_iommu=sm_on,on\"\n", "A=\"intel_iommu=sm_on,on iommu=pt\"\n"),
        ("switched off", "A=\"intel_iommu=off quiet\"\n", "A=\"intel_iommu=on quiet iommu=pt\"\n"),
        ("twice off", "A=\"iommu=soft quiet iommu=off\"\n", "A=\"iommu=pt quiet intel_iommu=on\"\n"),
        ("last wins", "A=\"quiet\"\nA='splash'\n", "A=\"quiet\"\nA='splash intel_iommu=on iommu=pt'\n"),
        ("appending", "A=\"quiet\"\nA=\"$A x\"\n", "A=\"quiet\"\nA=\"$A x intel_iommu=on iommu=pt\"\n"),
        (
            "off in an earlier one", "A=\"intel_iommu=off\"\nA=\"${A} x\"\n",
            "A=\"intel_iommu=on\"\nA=\"${A} x iommu=pt\"\n"
        ),
        ("absent", "GRUB_TIMEOUT=5", "GRUB_TIMEOUT=5\nA=\"intel_iommu=on iommu=pt\"\n"),
        ("in a comment", "#A=\"quiet\"\n", "#A=\"quiet\"\nA=\"intel_iommu=on iommu=pt\"\n"),
        (
            "other commands", "GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nA=\"quiet\"\n",
            "GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nA=\"quiet intel_iommu=on iommu=pt\"\n"
        ),
        (
            "other substitution", "X=$( . /etc/os-release && echo \"${NAME}\" )\nA=\"quiet\"\n",
            "X=$( . /etc/os-release && echo \"${NAME}\" )\nA=\"quiet intel_iommu=on iommu=pt\"\n"
        ),
        (
            "off for every entry", "GRUB_CMDLINE_LINUX=\"intel_iommu=off net.ifnames=0\"\nA=\"quiet\"\n",
            "GRUB_CMDLINE_LINUX=\"net.ifnames=0\"\nA=\"quiet intel_iommu=on iommu=pt\"\n"
        ),
        ("invalid UTF-8 kept", "# caf\u{fffd}\nA=\"quiet\"\n", "# caf\u{fffd}\nA=\"quiet intel_iommu=on iommu=pt\"\n"),
    ])
    func editsOnlyTheValue(name: String, before: String, after: String) throws {
        let expand = { (text: String) in
            text.replacing("A=", with: "GRUB_CMDLINE_LINUX_DEFAULT=")
                .replacing("$A", with: "$GRUB_CMDLINE_LINUX_DEFAULT")
                .replacing("${A}", with: "${GRUB_CMDLINE_LINUX_DEFAULT}")
        }
        let edited = try #require(Self.defaults(expand(before)).editingInPlace(Self.intel))
        #expect(Self.text(edited) == expand(after))
        #expect(edited.editingInPlace(Self.intel) == edited, "a second edit changes nothing")
    }

    @Test(arguments: [
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet $(cat /etc/args)\"\n",
        "if true; then\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nfi\n",
        "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\n",
        "GRUB_CMDLINE_LINUX_DEFAULT=${X:-quiet}\n",
    ])
    func neverGuesses(main: String) {
        let defaults = Self.defaults(main)
        #expect(defaults.editingInPlace(Self.intel) == nil)
        let edited = defaults.editingDropIn(Self.intel, tokens: ["quiet"])
        #expect(Self.text(edited, 1)?.hasSuffix("\"$GRUB_CMDLINE_LINUX_DEFAULT intel_iommu=on iommu=pt\"\n") == true)
        #expect(Self.text(edited) == main)
    }

    @Test func aLaterFileThatOverridesTheValueNeedsADropIn() throws {
        let defaults = Self.defaults(
            "GRUB_CMDLINE_LINUX_DEFAULT=quiet\n", [("50-cloud.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"console=ttyS0\"\n")])
        #expect(defaults.editingInPlace(Self.intel) == nil)
        let edited = try #require(defaults.editingDropIn(Self.intel, tokens: ["console=ttyS0"]))
        #expect(edited.files.map(\.path).last == GrubDefaults.dropInPath)
        #expect(edited.hasInEffect(Self.intel))
        #expect(edited.editingDropIn(Self.intel, tokens: ["console=ttyS0"]) == edited)
    }

    @Test func aLaterFileThatAppendsIsNoHindrance() {
        let defaults = Self.defaults(
            "GRUB_CMDLINE_LINUX_DEFAULT=quiet\n",
            [("kdump.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT crashkernel=384M\"\n")])
        #expect(defaults.editingInPlace(Self.intel) != nil)
    }

    @Test func aDropInDoesNotUndoWhatTheKernelReadsOnce() {
        #expect(
            Self.defaults("GRUB_CMDLINE_LINUX_DEFAULT=\"iommu=soft\"\n").editingDropIn(
                Self.intel, tokens: ["iommu=soft"]) == nil)
        #expect(
            Self.defaults("GRUB_CMDLINE_LINUX_DEFAULT=\"intel_iommu=off\"\n").editingDropIn(
                Self.intel, tokens: ["intel_iommu=off"])
                != nil)
    }

    @Test func anOffThatComesLastIsSeen() {
        let tokens = ["intel_iommu=on", "iommu=pt", "intel_iommu=off"]
        #expect(!KernelArgumentComparison(tokens: tokens, wanted: Self.intel).isSatisfied)
        #expect(KernelArgumentComparison(tokens: tokens.reversed(), wanted: Self.intel).isSatisfied)
    }

    @Test(.timeLimit(.minutes(1))) func aValueThatDoublesWithEachLineIsNotFollowed() {
        let doubling = String(repeating: "A=\"$A$A\"\n", count: 60)
        let bomb = "A=xxxxxxxxxxxxxxxx\n\(doubling)GRUB_CMDLINE_LINUX=$A\n"
        #expect(Self.defaults(bomb).evaluate() == nil)
        let harmless = Self.defaults("A=x\nA=$A$A\nGRUB_CMDLINE_LINUX=$A\n").evaluate()
        #expect(harmless?.tokens.map(\.text) == ["xx"])
    }

    @Test(arguments: ["$(", "${", "\"$(", "${x:-\"", "$(`"]) func expansionsInEachOtherEndSomewhere(
        opening: String
    ) {
        let deep = "A=" + String(repeating: opening, count: 100_000)
        #expect(ShellAssignments(Array(deep.utf8)).statements == nil)
    }
}
