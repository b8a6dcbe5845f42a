import Alerting
import Engine
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// E-mail through a real mail program, msmtp, to a real SMTP server, aiosmtpd, that keeps what it gets in a maildir.
@Suite("Delivering alerts by mail") struct MailTests {
    private struct MailServer {
        let folder: TemporaryFolder
        let port: UInt16
        let server: RunningProgram

        init() async throws {
            folder = try TemporaryFolder()
            port = try Loopback.freePort(on: "127.0.0.1")
            server = try PythonTools.start(
                "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Mailbox", "-l", "127.0.0.1:\(port)", folder.path + "/mail")
            try await Loopback.waitForListener("127.0.0.1", port)
        }

        var messages: [String] {
            get throws {
                let new = folder.path + "/mail/new"
                return try FileManager.default.contentsOfDirectory(atPath: new).map {
                    try String(contentsOfFile: new + "/" + $0, encoding: .utf8)
                }
            }
        }
    }

    private func send(by port: UInt16, in folder: TemporaryFolder) async throws {
        let settings = try folder.write("host 127.0.0.1\nport \(port)\nfrom root@controller.example\n", to: "msmtprc")
        let program = try folder.write("#!/bin/sh\nexec /usr/bin/msmtp -C \(settings) \"$@\"\n", to: "sendmail")
        for (file, mode) in [(settings, 0o600), (program, 0o755)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        }
        let mail = AlertMail(to: ["ops@example.com", "gpu@example.com"], from: "f@example.com", program: program)
        let sender = ChannelSender()
        let receiver = AlertReceiver(route: AlertRoute("ops"), channel: .mail(mail))
        let result = await Task { try await sender.send(SenderTests.stored, to: receiver) }.result
        await sender.close()
        try result.get()
    }

    @Test func itArrivesAtAllItIsFor() async throws {
        let server = try await MailServer()
        try await send(by: server.port, in: server.folder)
        let messages = try server.messages.map { "\n" + $0 }
        try #require(messages.count == 1)
        // What the envelope said, beside what the message says.
        #expect(messages[0].contains("X-RcptTo: ops@example.com, gpu@example.com"), "\(messages[0])")
        #expect(messages[0].contains("\nTo: ops@example.com, gpu@example.com\n"))
        #expect(
            messages[0].contains("\nFrom: f@example.com\n") && messages[0].contains("\nSubject: [vfiofleet] gpu: "),
            "\(messages[0])")
        #expect(!messages[0].lowercased().contains("\nbcc:"))
    }

    @Test func thatNobodyTakesItIsSaid() async throws {
        let folder = try TemporaryFolder()
        let port = try Loopback.freePort(on: "127.0.0.1")
        let error = await #expect(throws: FleetError.self) { try await send(by: port, in: folder) }
        #expect(
            error?.code == "alert-not-sent" && error?.message.contains("Connection refused") == true, "\(error as Any)")
    }
}
