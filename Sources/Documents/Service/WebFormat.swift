import Fleet
import Foundation

extension Format where Value == WebSettings {
    static var web: Format {
        let listen = Key(
            "listen", .webAddress, "An IP address and port, or unix: and the path of a socket.", isRequired: true)
        let names = Key(
            "names", Format<String>.hostName.list(), "Names by which browsers may call it, beside its own address.")
        let tls = Key("tls", .tls, "Its own certificate.")
        let proxy = Key(
            "behind-proxy", .bool, "True: a reverse proxy in front of it speaks TLS to browsers and names them.")
        let eyes = Key("four-eyes", .bool, "True: who asked for a roll-out may not let it begin.")
        let shape = Shape(name: "the web page", keys: [listen, names, tls, proxy, eyes])
        return .object(shape) { fields in
            guard let address = fields[listen] else { return nil }
            let settings = WebSettings(
                address: address, names: fields[names] ?? [], tls: fields[tls], isBehindProxy: fields[proxy] ?? false,
                needsFourEyes: fields[eyes] ?? false)
            if !settings.isLocal, !settings.isSecure { fields.diagnostics.refuseUnprotected(address, fields.tree) }
            return settings
        }
    }
}

extension Diagnostics {
    fileprivate func refuseUnprotected(_ address: WebSettings.Address, _ tree: Tree) {
        report(
            "web-unprotected", "At \(address) others of the network could listen to passwords: it has no TLS.",
            at: tree.location,
            advice: "Give it a certificate (tls), or listen on 127.0.0.1 or a socket; behind-proxy: true says that a "
                + "reverse proxy speaks TLS in front of it.")
    }
}

extension Format where Value == WebSettings.Address {
    static var webAddress: Format {
        .lossless(
            "an IP address with a port such as 127.0.0.1:8080, or a socket such as unix:/run/vfiofleet/web.sock",
            pattern: #"^(unix:/.{1,99}|[0-9]{1,3}(\.[0-9]{1,3}){3}:[0-9]{1,5}|\[[0-9a-fA-F:.]+\]:[0-9]{1,5})$"#)
    }
}

extension Format where Value == WebSettings.TLS {
    static var tls: Format {
        let certificate = Key(
            "certificate", .text("a file's path"), "The certificate and those that lead to its issuer, as PEM.",
            isRequired: true)
        let key = Key("key", .text("a file's path"), "The certificate's key, as PEM.", isRequired: true)
        return .object(Shape(name: "TLS", keys: [certificate, key])) { fields in
            guard let file = fields[certificate], let keyFile = fields[key] else { return nil }
            return WebSettings.TLS(certificate: file, key: keyFile)
        }
    }
}

extension Format where Value == String {
    /// As in a browser's address bar, without a port.
    static var hostName: Format {
        let pattern = "^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$"
        return .scalar(
            "a host's name such as fleet.example.org", schema: ["type": "string", "pattern": .string(pattern)]
        ) {
            // A plain number is none to editors.
            let isNumber = $0.isPlain && Double($0.text) != nil
            let isName = $0.text.range(of: pattern, options: .regularExpression) != nil
            return isName && !isNumber ? $0.text.lowercased() : nil
        }
    }
}

extension WebSettings {
    /// Paths are those of the document's folder.
    func beside(_ directory: URL) -> WebSettings {
        func resolved(_ path: String) -> String {
            URL(fileURLWithPath: path, relativeTo: directory).standardizedFileURL.path
        }
        var settings = self
        settings.tls = tls.map { TLS(certificate: resolved($0.certificate), key: resolved($0.key)) }
        return settings
    }
}
