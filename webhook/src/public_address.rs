//! Which addresses are anybody's: a URL that is to lead out of this network must not lead into it.
//!
//! The tables are those of RFC 6890 and IANA's special-purpose registries. Beyond global unicast nothing of IPv6 is
//! public, and an address of IPv6 that stands for one of IPv4 is what that one is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that are not public, and how many bits name each.
const V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Shared by carriers and their customers (RFC 6598); a VPC may use it, too.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local: the metadata of EC2 and the credentials of ECS are here.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // Relays from 6to4, which are gone (RFC 7526).
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Global unicast.
const GLOBAL: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// Networks within global unicast that are not public.
const V6: [(Ipv6Addr, u32); 4] = [
    // For protocols, Teredo among them, which hides an address of IPv4 in its own.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4, which does so too.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
/// Addresses of IPv6 whose last 32 bits are one of IPv4: mapped ones, and those of NAT64 (RFC 6052), by which a network
/// without IPv4 reaches it.
const EMBEDDED: [(Ipv6Addr, u32); 2] =
    [(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96), (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96)];

/// Whether an address is public: not of this machine, not of a private or shared network, not link-local, not reserved.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) if EMBEDDED.iter().any(|network| holds(*network, address)) => {
            let [.., a, b, c, d] = address.octets();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        IpAddr::V6(address) => holds(GLOBAL, address) && !V6.iter().any(|network| holds(*network, address)),
    }
}

/// Whether the host of a URL is an address that is not public. What a name leads to only a resolver knows.
pub fn is_private_literal(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().is_ok_and(|address| !is_public(address))
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !V4.iter().any(|(network, bits)| (network.to_bits() ^ address.to_bits()) >> (32 - bits) == 0)
}

fn holds((network, bits): (Ipv6Addr, u32), address: Ipv6Addr) -> bool {
    (network.to_bits() ^ address.to_bits()) >> (128 - bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, public: bool) {
        assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
    }

    #[test]
    fn each_network_that_is_not_public_is_refused_from_its_first_address_to_its_last_and_no_further() {
        for (before, first, last, after) in [
            ("", "0.0.0.0", "0.255.255.255", "1.0.0.0"),
            ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
            ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
            ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
            ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"),
            ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
            ("191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"),
            ("192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"),
            ("192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"),
            ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
            ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
            ("198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"),
            ("203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"),
            ("223.255.255.255", "224.0.0.0", "239.255.255.255", ""),
            ("", "240.0.0.0", "255.255.255.255", ""),
            ("", "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"),
            ("2000:ffff::", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
            ("2001:db7:ffff::", "2001:db8::", "2001:db8:ffff::", "2001:db9::"),
            ("2001:ffff::", "2002::", "2002:ffff::", "2003::"),
            ("3ffe:ffff::", "3fff::", "3fff:fff:ffff::", "3fff:1000::"),
            ("3fff:ffff::", "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""),
        ] {
            for (address, public) in [(before, true), (first, false), (last, false), (after, true)] {
                if !address.is_empty() {
                    check(address, public);
                }
            }
        }
    }

    #[test]
    fn what_must_never_be_reached_is_refused_by_its_name() {
        for private in [
            "169.254.169.254",
            "169.254.170.2",
            "fd00:ec2::254",
            "::1",
            "fe80::1",
            "fc00::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            // Compatible with IPv4, as it was once written.
            "::8.8.8.8",
            // NAT64 by a prefix of the network's own.
            "64:ff9b:1::808:808",
        ] {
            check(private, false);
        }
        check("8.8.8.8", true);
        check("2606:4700::1111", true);
    }

    #[test]
    fn an_address_of_ipv4_in_one_of_ipv6_is_what_it_is() {
        for prefix in ["::ffff:", "64:ff9b::"] {
            for private in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"] {
                check(&format!("{prefix}{private}"), false);
            }
            for public in ["8.8.8.8", "151.101.1.1"] {
                check(&format!("{prefix}{public}"), true);
            }
        }
        // Beside the two networks an address stands for none of IPv4, whatever its last bits are.
        for beside in ["::fffe:8.8.8.8", "::1:0:8.8.8.8", "64:ff9b::1:8.8.8.8", "64:ff9a:ffff::8.8.8.8"] {
            check(beside, false);
        }
    }

    #[test]
    fn the_host_of_a_url_is_looked_at_as_far_as_it_is_an_address() {
        for (host, private) in
            [("10.0.0.1", true), ("[::1]", true), ("8.8.8.8", false), ("[2606:4700::1111]", false), ("internal", false)]
        {
            assert_eq!(is_private_literal(host), private, "{host}");
        }
    }
}
