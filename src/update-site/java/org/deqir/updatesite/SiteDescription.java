/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * What the site ships, as written down in {@code update-site/site.yaml}.
 *
 * @param fiji Maven coordinates (group:artifact) of jars that Fiji has already and we need
 * @param obsolete paths, without version number, of files that earlier releases had and that the
 *     updater shall remove
 * @param items what to ship
 */
record SiteDescription(List<String> fiji, List<String> obsolete, List<Item> items) {

    /** Platforms that Fiji's updater knows. */
    static final Set<String> PLATFORMS =
            Set.of(
                    "linux64",
                    "linux-arm64",
                    "linuxx",
                    "macos64",
                    "macos-arm64",
                    "macosx",
                    "win64",
                    "win-arm64",
                    "winx");

    /** Stands for the version in a path. */
    static final String VERSION = "{version}";

    /**
     * A jar, or all files of a folder.
     *
     * @param artifact Maven coordinates group:artifact or group:artifact:classifier, or null
     * @param folder a folder of the project instead, or null
     * @param path where it goes below Fiji's folder; {@link #VERSION} stands for a jar's version
     * @param description for the updater's window
     * @param platforms who needs it; empty means everybody
     * @param requires paths, without version number, of files it needs beyond those that its
     *     classes refer to
     */
    record Item(
            String artifact,
            String folder,
            String path,
            String description,
            List<String> platforms,
            List<String> categories,
            List<String> links,
            List<String> authors,
            List<String> requires) {}

    /**
     * Reads a description.
     *
     * @throws IOException with the place and what is expected there, if the file is not understood
     */
    static SiteDescription read(Path file) throws IOException {
        try (Reader reader = Files.newBufferedReader(file)) {
            final Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
            return description(new Block("the file", yaml.load(reader)));
        } catch (YAMLException | IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static SiteDescription description(Block block) {
        final List<String> links = block.texts("links", List.of());
        final List<String> authors = block.texts("authors", List.of());
        final List<Item> items = new ArrayList<>();
        for (Block item : block.blocks("files")) items.add(item(item, links, authors));
        final List<String> fiji = block.texts("fiji", List.of());
        final List<String> obsolete = block.texts("obsolete", List.of());
        block.checkNothingElse();
        return new SiteDescription(fiji, obsolete, List.copyOf(items));
    }

    private static Item item(Block block, List<String> links, List<String> authors) {
        final Item item =
                new Item(
                        block.text("artifact", null),
                        block.text("folder", null),
                        block.text("path"),
                        block.text("description"),
                        block.texts("platforms", List.of()),
                        block.texts("categories", List.of()),
                        block.texts("links", links),
                        block.texts("authors", authors),
                        block.texts("requires", List.of()));
        block.checkNothingElse();
        if ((item.artifact() == null) == (item.folder() == null))
            throw new IllegalArgumentException(
                    block.place + " needs either 'artifact' or 'folder'.");
        for (String platform : item.platforms())
            if (!PLATFORMS.contains(platform))
                throw new IllegalArgumentException(
                        block.place
                                + " names the platform '"
                                + platform
                                + "'; Fiji knows "
                                + String.join(", ", PLATFORMS.stream().sorted().toList())
                                + ".");
        return item;
    }

    /** A mapping of keys to values, which knows where it is and what was asked of it. */
    private static final class Block {

        private final String place;
        private final Map<?, ?> values;
        private final Set<String> known = new HashSet<>();

        Block(String place, Object values) {
            this.place = place;
            if (!(values instanceof Map<?, ?> map))
                throw new IllegalArgumentException(place + " must consist of 'key: value'.");
            this.values = map;
        }

        private Object value(String key) {
            known.add(key);
            return values.get(key);
        }

        String text(String key, String otherwise) {
            final Object value = value(key);
            if (value == null) return otherwise;
            if (value instanceof String text) return text.strip();
            throw new IllegalArgumentException("'" + key + "' of " + place + " must be a text.");
        }

        String text(String key) {
            final String text = text(key, null);
            if (text == null) throw new IllegalArgumentException(place + " needs '" + key + "'.");
            return text;
        }

        List<String> texts(String key, List<String> otherwise) {
            final Object value = value(key);
            if (value == null) return otherwise;
            if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance))
                return list.stream().map(String.class::cast).toList();
            throw new IllegalArgumentException(
                    "'" + key + "' of " + place + " must be a list of texts.");
        }

        List<Block> blocks(String key) {
            if (!(value(key) instanceof List<?> list))
                throw new IllegalArgumentException(place + " needs a list '" + key + "'.");
            final List<Block> blocks = new ArrayList<>();
            for (Object entry : list)
                blocks.add(new Block("entry " + (blocks.size() + 1) + " of " + key, entry));
            return blocks;
        }

        void checkNothingElse() {
            for (Object key : values.keySet())
                if (!known.contains(key))
                    throw new IllegalArgumentException(
                            place
                                    + " has the unknown key '"
                                    + key
                                    + "'; known are "
                                    + String.join(", ", known.stream().sorted().toList())
                                    + ".");
        }
    }
}
