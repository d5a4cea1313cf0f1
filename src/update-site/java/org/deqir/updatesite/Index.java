/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * What is on the site: the content of {@code db.xml.gz}.
 *
 * @param components ordered by path; no two have the same {@link Component#identity()}
 */
record Index(List<Component> components) {

    /** An index of a site that has nothing yet. */
    static final Index EMPTY = new Index(List.of());

    /** The structure of an index on a server; Fiji's own copy also lists the sites. */
    private static final String DOCTYPE =
            """
            <!DOCTYPE pluginRecords [
            <!ELEMENT pluginRecords (plugin*)>
            <!ELEMENT plugin (platform*, category*, version?, previous-version*)>
            <!ATTLIST plugin filename CDATA #REQUIRED>
            <!ELEMENT platform (#PCDATA)>
            <!ELEMENT category (#PCDATA)>
            <!ELEMENT version (description?, dependency*, link*, author*)>
            <!ATTLIST version
              checksum CDATA #REQUIRED
              timestamp CDATA #REQUIRED
              filesize CDATA #REQUIRED>
            <!ELEMENT description (#PCDATA)>
            <!ELEMENT dependency EMPTY>
            <!ATTLIST dependency
              filename CDATA #REQUIRED
              timestamp CDATA #IMPLIED>
            <!ELEMENT link (#PCDATA)>
            <!ELEMENT author (#PCDATA)>
            <!ELEMENT previous-version EMPTY>
            <!ATTLIST previous-version
              filename CDATA #IMPLIED
              timestamp CDATA #REQUIRED
              timestamp-obsolete CDATA #IMPLIED
              checksum CDATA #REQUIRED>
            ]>""";

    Index {
        components = components.stream().sorted(Comparator.comparing(Component::filename)).toList();
        final Map<String, String> identities = new HashMap<>();
        for (Component component : components) {
            final String other = identities.putIfAbsent(component.identity(), component.filename());
            if (other != null)
                throw new IllegalArgumentException(
                        "For Fiji's updater "
                                + other
                                + " and "
                                + component.filename()
                                + " are two versions of the same file, because it does not look at"
                                + " version numbers.");
        }
    }

    /** The component with a path, whatever its version number. */
    Optional<Component> component(String filename) {
        final String identity = Component.identity(filename);
        return components.stream().filter(c -> c.identity().equals(identity)).findFirst();
    }

    /** When the latest change was made; 0 if there was none. */
    long latestTimestamp() {
        long latest = 0;
        for (Component component : components) {
            if (component.current().isPresent())
                latest = Math.max(latest, component.current().get().timestamp());
            for (Component.Previous previous : component.previous())
                latest = Math.max(latest, previous.obsoleteSince());
        }
        return latest;
    }

    /** Writes {@code db.xml.gz}; the same index gives the same bytes. */
    void writeCompressed(Path file) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(toXml().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The index as text. */
    String toXml() {
        final StringWriter text = new StringWriter();
        try {
            final XMLStreamWriter xml =
                    XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeCharacters("\n");
            xml.writeDTD(DOCTYPE);
            xml.writeCharacters("\n");
            xml.writeStartElement("pluginRecords");
            for (Component component : components) write(component, xml);
            xml.writeCharacters("\n");
            xml.writeEndElement();
            xml.writeCharacters("\n");
            xml.writeEndDocument();
        } catch (XMLStreamException e) {
            throw new AssertionError("writing to memory", e);
        }
        return text.toString();
    }

    private static void write(Component component, XMLStreamWriter xml) throws XMLStreamException {
        xml.writeCharacters("\n  ");
        xml.writeStartElement("plugin");
        xml.writeAttribute("filename", component.filename());
        for (String platform : component.platforms()) write("platform", platform, 4, xml);
        for (String category : component.categories()) write("category", category, 4, xml);
        if (component.current().isPresent()) write(component.current().get(), xml);
        for (Component.Previous previous : component.previous()) {
            xml.writeCharacters("\n    ");
            xml.writeEmptyElement("previous-version");
            xml.writeAttribute("filename", previous.filename());
            xml.writeAttribute("timestamp", Long.toString(previous.timestamp()));
            xml.writeAttribute("timestamp-obsolete", Long.toString(previous.obsoleteSince()));
            xml.writeAttribute("checksum", previous.checksum());
        }
        xml.writeCharacters("\n  ");
        xml.writeEndElement();
    }

    private static void write(Component.Version version, XMLStreamWriter xml)
            throws XMLStreamException {
        xml.writeCharacters("\n    ");
        xml.writeStartElement("version");
        xml.writeAttribute("checksum", version.checksum());
        xml.writeAttribute("timestamp", Long.toString(version.timestamp()));
        xml.writeAttribute("filesize", Long.toString(version.size()));
        write("description", version.description(), 6, xml);
        for (Component.Dependency dependency : version.dependencies()) {
            xml.writeCharacters("\n      ");
            xml.writeEmptyElement("dependency");
            xml.writeAttribute("filename", dependency.filename());
            if (dependency.timestamp().isPresent())
                xml.writeAttribute("timestamp", Long.toString(dependency.timestamp().get()));
        }
        for (String link : version.links()) write("link", link, 6, xml);
        for (String author : version.authors()) write("author", author, 6, xml);
        xml.writeCharacters("\n    ");
        xml.writeEndElement();
    }

    private static void write(String element, String text, int indent, XMLStreamWriter xml)
            throws XMLStreamException {
        xml.writeCharacters("\n" + " ".repeat(indent));
        xml.writeStartElement(element);
        xml.writeCharacters(text);
        xml.writeEndElement();
    }

    /**
     * Reads an index as text or compressed.
     *
     * @throws IOException if it is no index
     */
    static Index read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return read(file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in);
        } catch (SAXException | IllegalArgumentException e) {
            throw new IOException(file + " is no index of an update site: " + e.getMessage(), e);
        }
    }

    private static Index read(InputStream in) throws IOException, SAXException {
        final Document document;
        try {
            final DocumentBuilder builder =
                    DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder();
            builder.setErrorHandler(new DefaultHandler());
            document = builder.parse(in);
        } catch (ParserConfigurationException e) {
            throw new AssertionError("every Java reads XML", e);
        }
        final List<Component> components = new ArrayList<>();
        for (Element plugin : children(document.getDocumentElement(), "plugin"))
            components.add(
                    new Component(
                            plugin.getAttribute("filename"),
                            texts(plugin, "platform"),
                            texts(plugin, "category"),
                            children(plugin, "version").stream().map(Index::version).findFirst(),
                            children(plugin, "previous-version").stream()
                                    .map(Index::previous)
                                    .toList()));
        return new Index(components);
    }

    private static Component.Version version(Element version) {
        final List<Component.Dependency> dependencies = new ArrayList<>();
        for (Element dependency : children(version, "dependency"))
            dependencies.add(
                    new Component.Dependency(
                            dependency.getAttribute("filename"),
                            dependency.hasAttribute("timestamp")
                                    ? Optional.of(number(dependency, "timestamp"))
                                    : Optional.empty()));
        return new Component.Version(
                version.getAttribute("checksum"),
                number(version, "timestamp"),
                number(version, "filesize"),
                String.join("\n", texts(version, "description")),
                dependencies,
                texts(version, "link"),
                texts(version, "author"));
    }

    private static Component.Previous previous(Element previous) {
        return new Component.Previous(
                previous.getAttribute("filename"),
                number(previous, "timestamp"),
                number(previous, "timestamp-obsolete"),
                previous.getAttribute("checksum"));
    }

    private static long number(Element element, String attribute) {
        return Long.parseLong(element.getAttribute(attribute));
    }

    private static List<Element> children(Element parent, String name) {
        final List<Element> children = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling())
            if (node instanceof Element element && element.getTagName().equals(name))
                children.add(element);
        return children;
    }

    private static List<String> texts(Element parent, String name) {
        return children(parent, name).stream().map(Element::getTextContent).toList();
    }
}
