/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.TensorInfo;

/**
 * Averaged weights whose names are not those of the parameters.
 *
 * <p>Some training programs store the moving average under the parameters' names without dots, or
 * with underscores for them, beside a decay and a number of updates; others as a plain list in the
 * order of the parameters. Both are told by comparing them with the other weights in the file.
 */
public final class AveragedNames {

    private static final Pattern GROUP =
            Pattern.compile("(?i)((?:.*\\.)?[^.]*(?:ema|shadow|averaged?)[^.]*\\.)([^.]+)");

    private AveragedNames() {}

    /**
     * {@return the same tensors, where averaged weights have the names of their parameters behind
     * the name of their group} Closing the view closes the checkpoint.
     */
    public static Checkpoint restored(Checkpoint checkpoint) {
        final Map<String, TensorInfo> tensors = checkpoint.tensors();
        final Map<String, String> names = new LinkedHashMap<>();
        final Set<String> groups = new LinkedHashSet<>();
        for (String name : tensors.keySet()) {
            final Matcher matcher = GROUP.matcher(name);
            if (matcher.matches()) groups.add(matcher.group(1));
        }
        for (String name : tensors.keySet()) names.put(name, name);
        for (String group : groups) rename(group, tensors, names);
        if (List.copyOf(names.keySet()).equals(List.copyOf(tensors.keySet()))) return checkpoint;
        final Map<String, TensorInfo> renamed = new LinkedHashMap<>();
        names.forEach((name, old) -> renamed.put(name, tensors.get(old)));
        return new Checkpoint() {
            @Override
            public Map<String, TensorInfo> tensors() {
                return Collections.unmodifiableMap(renamed);
            }

            @Override
            public float[] read(String name) throws IOException {
                return checkpoint.read(names.getOrDefault(name, name));
            }

            @Override
            public void close() throws IOException {
                checkpoint.close();
            }
        };
    }

    private static void rename(
            String group, Map<String, TensorInfo> tensors, Map<String, String> names) {
        final List<String> own =
                tensors.keySet().stream().filter(name -> name.startsWith(group)).toList();
        final Set<String> others = new LinkedHashSet<>(tensors.keySet());
        own.forEach(others::remove);
        for (String prefix : ArchitectureInference.places(others)) {
            final List<String> parameters =
                    others.stream()
                            .filter(name -> name.startsWith(prefix))
                            .map(name -> name.substring(prefix.length()))
                            .toList();
            final Map<String, String> found = match(group, own, prefix, parameters, tensors);
            if (found.isEmpty()) continue;
            own.forEach(names::remove);
            names.putAll(found);
            return;
        }
    }

    /** New names and old ones; empty unless every parameter has its average. */
    private static Map<String, String> match(
            String group,
            List<String> own,
            String prefix,
            List<String> parameters,
            Map<String, TensorInfo> tensors) {
        for (String outer : endings(prefix))
            for (String dot : List.of("", "_")) {
                final List<String> flat = new ArrayList<>();
                for (String parameter : parameters)
                    flat.add(group + (outer + parameter).replace(".", dot));
                final Map<String, String> found =
                        pairs(group, prefix, parameters, flat, own, tensors);
                if (!found.isEmpty()) return found;
            }
        final List<String> list =
                own.stream()
                        .filter(name -> name.substring(group.length()).matches("\\d+"))
                        .toList();
        return pairs(group, prefix, parameters, list, own, tensors);
    }

    private static Map<String, String> pairs(
            String group,
            String prefix,
            List<String> parameters,
            List<String> candidates,
            Collection<String> own,
            Map<String, TensorInfo> tensors) {
        if (candidates.size() != parameters.size()) return Map.of();
        final Map<String, String> pairs = new LinkedHashMap<>();
        for (int i = 0; i < parameters.size(); i++) {
            final TensorInfo average = tensors.get(candidates.get(i));
            final TensorInfo raw = tensors.get(prefix + parameters.get(i));
            if (average == null || !average.shape().equals(raw.shape())) return Map.of();
            pairs.put(group + parameters.get(i), candidates.get(i));
        }
        return own.containsAll(pairs.values()) ? pairs : Map.of();
    }

    /** A prefix, and what is left of it without its first parts: {@code a.b.}, {@code b.}, "". */
    private static List<String> endings(String prefix) {
        final List<String> endings = new ArrayList<>();
        for (String rest = prefix; ; rest = rest.substring(rest.indexOf('.') + 1)) {
            endings.add(rest);
            if (rest.isEmpty()) return endings;
        }
    }
}
