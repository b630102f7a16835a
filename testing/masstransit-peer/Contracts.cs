// The legacy's message contracts. MassTransit makes URNs and exchange names of namespace and type name, and .NET puts the
// full name of the enum into its error texts: none of these names can be changed. Properties, not constructor parameters:
// with the latter an unreadable venue is blamed on EventUpserted, while the recorded legacy blames it on Venue.

namespace Integration.Events.Messaging
{
    using Domain.Events.Primitives;

    public record EventUpserted
    {
        public Guid Id { get; init; }
        public string? EventName { get; init; }
        public DateTimeOffset StartDate { get; init; }
        public DateTimeOffset EndDate { get; init; }
        public Venue Venue { get; init; }
        public decimal Price { get; init; }
    }
}

namespace Integration.Users.Messaging.Messages
{
    public record UserUpserted
    {
        public Guid Id { get; init; }
        public string? FullName { get; init; }
        public string? Email { get; init; }
    }
}

namespace Domain.Events.Primitives
{
    public enum Venue
    {
        O2ArenaLondon,
        WembleyStadiumLondon,
        ManchesterArena,
        UtilitaArenaBirmingham,
        SSEHydroGlasgow,
        FirstDirectArenaLeeds,
        PrincipalityStadiumCardiff,
        EmiratesOldTraffordManchester,
        RoyalAlbertHallLondon,
        RoundhouseLondon,
    }
}
