// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "vfiofleet",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "vfiofleet", targets: ["vfiofleet"]),
        .executable(name: "vfiofleet-lab", targets: ["vfiofleet-lab"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The domain: values and pure functions, standard library only.
        .target(name: "Fleet"),
        .target(name: "Probe", dependencies: ["Fleet"], resources: [.embedInCode("probe.sh")]),
        .target(name: "Documents", dependencies: ["Fleet", "Yams"]),
        .target(name: "Remote", dependencies: ["Fleet"]),
        .systemLibrary(
            name: "CLibSSH", pkgConfig: "libssh", providers: [.apt(["libssh-dev"])]),
        .target(
            name: "SSHTransport",
            dependencies: ["Remote", "Fleet", "CLibSSH", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: [.strictMemorySafety()]),
        .target(
            name: "Store",
            dependencies: [
                "Fleet", "Probe", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Engine",
            dependencies: [
                "Fleet", "Probe", "Remote", "Store",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            resources: [
                "prelude.sh", "lock.sh", "unlock.sh", "write.sh", "run.sh", "reboot.sh", "guest-set.sh",
                "guest-start.sh", "guests-stop.sh", "guests-look.sh", "guest-migrate.sh", "cluster-look.sh",
                "cluster-set.sh", "backups.sh",
                "arm.sh",
                "confirm.sh", "put-back.sh", "guard-report.sh", "guard-head.sh", "guard-common.sh", "guard.sh",
                "guard.service",
            ].map { .embedInCode("Node/Scripts/\($0)") }),
        // What the command line and the web page have in common: JSON forms, phrases, markup.
        .target(name: "Forms", dependencies: ["Fleet", "Probe", "Store", "Engine"]),
        .target(
            name: "Web",
            dependencies: [
                "Fleet", "Probe", "Store", "Engine", "Forms",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: ["Assets/style.css", "Assets/app.js", "Assets/icon.svg", "API/openapi.json"].map {
                .embedInCode($0)
            }),
        .target(
            name: "Alerting",
            dependencies: [
                "Fleet", "Store", "Engine", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Commands",
            dependencies: [
                "Fleet", "Probe", "Documents", "Remote", "SSHTransport", "Store", "Engine", "Alerting", "Forms", "Web",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            resources: [.embedInCode("Config/vfiofleet.yaml")]),
        .executableTarget(name: "vfiofleet", dependencies: ["Commands"]),

        // Simulated nodes for the demo, the tests and the benchmarks; no part of the product.
        .target(
            name: "Lab",
            dependencies: ["Fleet", "Documents", .product(name: "Crypto", package: "swift-crypto")]),
        .executableTarget(
            name: "vfiofleet-lab",
            dependencies: [
                "Lab", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // What `make bench` needs beside the product.
        .executableTarget(
            name: "vfiofleet-bench",
            dependencies: [
                "Fleet", "Probe", "Documents", "Remote", "Store", "Engine", "Web",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Benchmarks/LargeFleet"),

        // Tests, one target for each layer.
        .target(
            name: "TestSupport", dependencies: ["Fleet", "Yams"], path: "Tests/TestSupport",
            exclude: ["Judgements", "Machines"]),
        // A disk that loses power under SQLite.
        .target(
            name: "PowerCut", dependencies: ["TestSupport", .product(name: "GRDBSQLite", package: "GRDB.swift")],
            path: "Tests/PowerCut"),
        // Promises that the probe's parser and the planner keep for any answer; `make fuzz` looks for one that breaks them.
        .target(name: "AnswerTrials", dependencies: ["Probe", "Fleet"], path: "Tests/Fuzzing/Trials"),
        .testTarget(name: "FleetTests", dependencies: ["Fleet", "Documents", "TestSupport"]),
        .testTarget(name: "ProbeTests", dependencies: ["Probe", "AnswerTrials", "TestSupport"]),
        .testTarget(name: "DocumentsTests", dependencies: ["Documents", "TestSupport"]),
        .testTarget(
            name: "SSHTransportTests", dependencies: ["SSHTransport", "CLibSSH", "Remote", "Fleet", "TestSupport"]),
        .testTarget(
            name: "StoreTests", dependencies: ["Store", "Documents", "Fleet", "PowerCut", "TestSupport"],
            exclude: ["Schemas"]),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "Store", "Remote", "Fleet", "Documents", "PowerCut", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(name: "AlertingTests", dependencies: ["Alerting", "Engine", "Store", "Fleet", "TestSupport"]),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Commands", "Documents", "Engine", "Fleet", "Forms", "Probe", "Store", "Web", "TestSupport",
            ],
            exclude: [
                "Golden/Plans", "Schemas", "Web/browser.py", "Web/agreement.py", "Web/accessibility.js",
            ]),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "Web", "Fleet", "Forms", "Store", "Engine", "TestSupport",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ]),
        .testTarget(
            name: "LabTests", dependencies: ["Lab", "Documents", "Fleet", "TestSupport"],
            exclude: ["Proxmox/Recordings"]),
        .testTarget(
            name: "VMTests", dependencies: ["Engine", "Fleet", "Probe", "Remote", "SSHTransport", "TestSupport"],
            exclude: ["Scripts"]),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer's instrumentation is for its own build only: `make fuzz`.
if Context.environment["VFIOFLEET_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzzing/CLibFuzzer"),
        .executableTarget(
            name: "vfiofleet-fuzz", dependencies: ["AnswerTrials", "CLibFuzzer"], path: "Tests/Fuzzing/Fuzzer"),
    ]
}

// Swift's usual linker here, gold, writes 4 MB of relocations and 5 MB of symbols that nobody asks for into every program;
// all of it is read at each start and stays in memory; and it gives up on the sanitizers' libraries of the fuzzer. Relative
// relocations need glibc 2.36 (Debian 12).
for target in package.targets where target.type == .executable {
    target.linkerSettings =
        (target.linkerSettings ?? []) + [
            .unsafeFlags(
                [
                    "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker",
                    "--no-export-dynamic",
                ], .when(platforms: [.linux]))
        ]
}

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .treatAllWarnings(as: .error),
        ]
}
