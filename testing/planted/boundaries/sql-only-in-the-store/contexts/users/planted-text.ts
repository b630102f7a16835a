export const planted = 'update seats set owner_id = null';
