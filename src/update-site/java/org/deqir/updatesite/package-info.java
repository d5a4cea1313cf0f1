/**
 * Writes the update site: the folder from which Fiji's updater installs this plugin.
 *
 * <p>This is a tool of the build, not a part of the plugin: it is compiled with the tests and never
 * shipped. {@link org.deqir.updatesite.WriteUpdateSite} is what the build calls; a {@link
 * org.deqir.updatesite.SiteDescription} says what to ship, and a {@link
 * org.deqir.updatesite.Release} turns it and the {@link org.deqir.updatesite.Index} of the release
 * before into the files on the server.
 */
package org.deqir.updatesite;
